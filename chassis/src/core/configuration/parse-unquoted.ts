/** Parses JSON as `JSON.parse` does, but its error quotes nothing of the text, which may hold what is not for logs. */
export function parseUnquoted(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${text.length} characters that are not JSON`);
  }
}
