const MARKS = /\p{M}+/gu;
/** In a row; no language needs more (Unicode Standard Annex 15, stream-safe text), and to compose many takes a time that grows by their square. */
const MOST_MARKS = 30;

/** What is wrong with a text wherever it comes from: body, path, query. */
export function faultOfText(text: string): string | undefined {
  if (text.includes("\0")) return "must not hold a NUL character";
  if (!text.isWellFormed()) return "must be well-formed Unicode";
  if (text.match(MARKS)?.some(({ length }) => length > MOST_MARKS))
    return "must not hold more than 30 combining marks in a row";
  return undefined;
}
