import { writeFile } from "node:fs/promises";
import { currentRelease, releasedFile } from "./released-contracts.ts";

/* Part of a release: from now on others rely on the contracts as they are. */
await writeFile(releasedFile, `${JSON.stringify(currentRelease(), null, 2)}\n`);
