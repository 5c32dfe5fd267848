import { readFile } from "node:fs/promises";
import { type Release, releaseOf } from "../chassis/src/contract/documents/breaking-changes.ts";
import { contracts } from "../shop/tests/fixtures/contracts.ts";

/** What others rely on: the contracts as they were last released. */
export const releasedFile: URL = new URL("../shop/contracts/released.json", import.meta.url);

export const readRelease = async (): Promise<Release> => JSON.parse(await readFile(releasedFile, "utf8"));

/** The contracts as they are. */
export const currentRelease = (): Release => releaseOf(contracts);
