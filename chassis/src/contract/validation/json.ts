import { invalidInput, malformedJson } from "../../core/failure/failure.ts";
import { composed } from "./composed.ts";
import { scanJson } from "./scan-json.ts";

/**
 * Parses JSON that comes from outside; its texts are in composed form (Unicode NFC). Throws `malformed_json` when it is not JSON in UTF-8, and
 * `invalid_input` (with the path of the first fault) for what {@link scanJson} finds. What it costs grows with the length, whatever is in there.
 */
export function parseJson(json: string | Uint8Array): unknown {
  const text = typeof json === "string" ? json : decode(json);
  const value = parse(text);
  const { fault, mayChange } = scanJson(text);
  if (fault) throw invalidInput.failure({ errors: [fault] });
  return mayChange ? composed(value) : value;
}

/** Exactly: bytes that are no UTF-8 would become question marks in somebody's name. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw malformedJson.failure({ cause, errors: [{ path: "", message: "must be UTF-8" }] });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformedJson.failure({ cause, errors: [{ path: "", message: "must be JSON" }] });
  }
}
