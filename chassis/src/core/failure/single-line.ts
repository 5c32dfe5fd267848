import { invalidInput } from "./failure.ts";

/** Controls, and what some programs break lines at: any of them could forge a line or a header where the text is shown. */
const BREAKS_LINE = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/**
 * A label as it is kept: in composed form, without spaces around it. Throws `invalid_input` naming `path` when nothing is left, or when it
 * could begin a new line wherever it is shown.
 */
export function singleLine(text: string, path: string): string {
  const label = text.normalize("NFC").trim();
  if (label === "") throw invalidInput.failure({ errors: [{ path, message: "must not be blank" }] });
  if (BREAKS_LINE.test(label)) {
    throw invalidInput.failure({ errors: [{ path, message: "must not hold control characters or line breaks" }] });
  }
  return label;
}
