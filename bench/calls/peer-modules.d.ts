/** What our caller uses of the loads' own file, which the peers without a compiler share. */
declare module "*/caller.js" {
  export function answerMeasures(call: () => Promise<unknown>): void;
}
