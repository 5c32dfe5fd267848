import { writeFileSync } from "node:fs";
import { currentApi, reportFile } from "./api-report.ts";

/* Part of a change of what the chassis exports: writes its new interface down. */
writeFileSync(reportFile, currentApi());
