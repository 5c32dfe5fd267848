import { declaredIsUsed, usedIsDeclared } from "./dependencies.ts";
import { environmentIsReadOnce, httpIsLight, noBannedForms, noTestAlone, nothingPutOff, sqlInStores } from "./forms.ts";
import { noCycles } from "./import-cycles.ts";
import { chassisDirection, serviceDirection, testingStaysInTests } from "./import-direction.ts";
import { noGrabBags } from "./names.ts";
import { declaredSubpaths, exportsExist, servicesStayApart } from "./package-borders.ts";
import type { Rule } from "./project.ts";
import { filesAreShort, foldersAreSmall, functionsAreShort, rootIsSmall } from "./sizes.ts";

/** The rules of the house, each with what it promises. */
export const rules: readonly [promise: string, rule: Rule][] = [
  ["folders of the chassis import only themselves and those to their left", chassisDirection],
  ["inside a service imports point down the list of its files", serviceDirection],
  ["nothing but tests imports what is there for tests", testingStaysInTests],
  ["packages are entered by the subpaths they export", declaredSubpaths],
  ["a service imports the chassis, the contracts and itself, never another service", servicesStayApart],
  ["every exported subpath is there", exportsExist],
  ["no file imports itself by way of others", noCycles],
  ["what is imported is declared", usedIsDeclared],
  ["what is declared is imported", declaredIsUsed],
  ["no star exports, default exports, enums or decorators", noBannedForms],
  ["the environment is read only where a process begins", environmentIsReadOnce],
  ["services load no more of HTTP than they use", httpIsLight],
  ["SQL is in the stores", sqlInStores],
  ["no test runs alone", noTestAlone],
  ["comments put nothing off and switch nothing off", nothingPutOff],
  ["files are short", filesAreShort],
  ["functions are short", functionsAreShort],
  ["folders are small", foldersAreSmall],
  ["the root is small", rootIsSmall],
  ["files are named after their subject", noGrabBags],
];
