import type { Rule } from "./project.ts";

const grabBag = /(^|[/-])(utils?|helpers?|common|misc|lib|shared|types|interfaces)(\.test)?(\.ts$|\/)/;

/** A file is named after its one subject, and types live with their owner: nothing is a bag for this and that. */
export const noGrabBags: Rule = (project) =>
  project.sources.flatMap(({ path }) => (grabBag.test(path) ? [`${path}:1 is named after no subject`] : []));
