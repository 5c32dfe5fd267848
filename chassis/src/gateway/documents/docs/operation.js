import { element } from "./element.js";
import { describe, fieldsOf, sample } from "./sample.js";
import { requestOf, send } from "./send.js";

/**
 * A call, to be read and tried.
 * @param {{ method: string, path: string, operation: any }} call
 */
export function operationView({ method, path, operation }) {
  const { operationId, summary, parameters = [], requestBody, responses } = operation;
  const schema = requestBody?.content["application/json"]?.schema;
  const form = element(
    "form",
    { autocomplete: "off" },
    element("p", { className: "quiet" }, `${operationId} · ${whoMay(operation)}`),
    element("fieldset", {}, ...parameters.map(parameterField)),
    ...(schema ? [bodyField(schema), fieldTable(schema)] : []),
    ...tryOut({ method, path, parameters, hasBody: Boolean(schema) }),
    responseTable(responses),
  );
  const heading = element(
    "summary",
    {},
    element("span", { className: "method" }, method),
    element("code", {}, path),
    element("span", {}, summary),
  );
  return element("details", { id: operationId }, heading, form);
}

const whoMay = (operation) =>
  ({ public: "for everybody", customer: "for signed-in users", admin: "for administrators" })[operation["x-access"]] ??
  "";

function parameterField({ name, in: place, required, description, schema }) {
  const words = [place, describe(schema), description].filter(Boolean).join(" · ");
  const value = name === "Idempotency-Key" && required ? crypto.randomUUID() : "";
  return element(
    "label",
    {},
    required ? `${name} (required)` : name,
    element("small", {}, words),
    element("input", { name: `${place}:${name}`, required, value, spellcheck: false }),
  );
}

function bodyField(schema) {
  const value = JSON.stringify(sample(schema), undefined, 2);
  const rows = Math.min(16, value.split("\n").length + 1);
  return element("label", {}, "Body", element("textarea", { name: "body", rows, spellcheck: false, value }));
}

function fieldTable(schema) {
  const rows = fieldsOf(schema).map(({ path, required, schema: field }) => [
    element("code", {}, path),
    `${describe(field)}${required ? ", required" : ""}`,
    field.description ?? "",
  ]);
  return table("Fields", ["Field", "Is", "Means"], rows);
}

const responseTable = (responses) =>
  table(
    "Answers",
    ["Status", "Means"],
    Object.entries(responses).map(([status, { description }]) => [element("code", {}, status), plainText(description)]),
  );

/** Descriptions are Markdown; of that they use code words and paragraphs only. */
const plainText = (description) => description.replaceAll("`", "").replaceAll("\n\n", "\n");

function table(caption, heads, rows) {
  return element(
    "table",
    {},
    element("caption", { className: "quiet" }, caption),
    element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, ...rows.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, cell))))),
  );
}

function tryOut(call) {
  const button = element("button", {}, "Send");
  const stop = element("button", { type: "button", disabled: true }, "Stop");
  const status = element("p", { role: "status" });
  const text = element("pre", { hidden: true, tabIndex: 0, ariaLabel: "Answer" });
  let controller = new AbortController();

  const show = ({ status: code, statusText, milliseconds, text: body }) => {
    status.className = code < 400 ? "good" : "bad";
    status.textContent = `${code} ${statusText}, ${milliseconds} ms`;
    text.hidden = body === "";
    text.textContent = body;
  };
  const submit = async (event) => {
    event.preventDefault();
    controller = new AbortController();
    button.disabled = true;
    stop.disabled = false;
    status.className = "";
    status.textContent = "Sending…";
    try {
      const request = requestOf(call, new FormData(event.target));
      await send({ ...request, options: { ...request.options, signal: controller.signal } }, show);
    } catch (error) {
      if (controller.signal.aborted) status.textContent += " (stopped)";
      else status.textContent = error instanceof SyntaxError ? "The body is not JSON" : "The gateway does not answer";
    } finally {
      button.disabled = false;
      stop.disabled = true;
    }
  };
  stop.addEventListener("click", () => controller.abort());
  queueMicrotask(() => button.form?.addEventListener("submit", submit));
  return [element("p", {}, button, " ", stop), status, text];
}
