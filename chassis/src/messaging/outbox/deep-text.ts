/**
 * The JSON of a value that may be nested deeper than the stack allows, and no more than its first `most` characters. Numbers, texts, lists and
 * objects as JSON.parse makes them.
 */
export function deepText(root: unknown, most: number): string {
  let text = "";
  // What is still to be written, last first: texts as they are, values as functions that put their parts here.
  const open: (string | (() => void))[] = [];
  const write = (value: unknown): void => {
    if (typeof value !== "object" || value === null) {
      text += JSON.stringify(value);
      return;
    }
    const isList = Array.isArray(value);
    text += isList ? "[" : "{";
    open.push(isList ? "]" : "}");
    const parts = Object.entries(value).map(([name, part], index) => () => {
      text += `${index > 0 ? "," : ""}${isList ? "" : `${JSON.stringify(name)}:`}`;
      write(part);
    });
    for (const part of parts.reverse()) open.push(part);
  };
  write(root);
  for (let next = open.pop(); next !== undefined && text.length < most; next = open.pop()) {
    if (typeof next === "string") text += next;
    else next();
  }
  return text.slice(0, most);
}
