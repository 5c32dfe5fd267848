import { inWords, Problem } from "../data/problem.ts";
import { type Child, element, fill } from "./element.ts";

/** A field of a form. Its name is that of the request's body. */
export type Field = {
  readonly name: string;
  readonly label: string;
  readonly type?: "text" | "email" | "password" | "number" | "textarea";
  readonly value?: string | number;
  readonly hint?: string;
  readonly required?: boolean;
  readonly autocomplete?: string;
  readonly minlength?: number;
  readonly maxlength?: number;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly inputmode?: string;
  readonly list?: string;
};

export type FormOptions = {
  readonly fields: readonly Field[];
  readonly submit: string;
  /** Sends what was entered. What it throws is shown: at the field it is about, or above the button. */
  readonly send: (values: Readonly<Record<string, string>>) => Promise<void>;
  /** The field that a refusal with this code is about. */
  readonly about?: Readonly<Record<string, string>>;
  readonly more?: readonly Child[];
};

let made = 0;

/** A form whose faults are told in words, at the field they are about, and read to those who don't see them. */
export function createForm({ fields, submit, send, about = {}, more = [] }: FormOptions): HTMLFormElement {
  const parts = fields.map((field) => createField(field, `field-${++made}`));
  const alert = element("p", { class: "fault", role: "alert" });
  const press = element("button", { type: "submit" }, submit);
  const form = element("form", { novalidate: true }, ...parts.map(({ block }) => block), ...more, alert, press);

  const refuse = (error: unknown): void => {
    const faults =
      error instanceof Problem
        ? error.errors.map(({ path, message }) => [path.split("/")[1] ?? "", message] as const)
        : [];
    const named = error instanceof Problem ? about[error.code] : undefined;
    const told = [...faults, ...(named ? [[named, inWords(error)] as const] : [])].filter(([name, message]) => {
      const part = parts.find(({ input }) => input.name === name);
      part?.tell(sentence(message));
      return part !== undefined;
    });
    if (told.length === 0) alert.textContent = inWords(error);
    parts.find(({ input }) => input.ariaInvalid === "true")?.input.focus();
  };

  /** A password that was used is not left lying about. */
  const forget = (): void => {
    for (const { input } of parts) if (input.type === "password") input.value = "";
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (press.ariaBusy === "true") return;
    alert.textContent = "";
    for (const { input, tell } of parts) tell(input.validity.valid ? "" : input.validationMessage);
    const wrong = parts.find(({ input }) => !input.validity.valid);
    if (wrong) return wrong.input.focus();
    press.ariaBusy = "true";
    await send(Object.fromEntries(parts.map(({ input }) => [input.name, input.value]))).then(forget, refuse);
    press.ariaBusy = null;
  });
  return form;
}

function createField({ name, label, type = "text", value = "", hint, list, ...rules }: Field, id: string) {
  const shared = { id, name, "aria-describedby": `${id}-hint ${id}-fault`, ...rules };
  const input =
    type === "textarea" ? element("textarea", { ...shared, rows: 4 }) : element("input", { ...shared, type, list });
  input.value = String(value);
  const fault = element("span", { id: `${id}-fault`, class: "fault" });
  const tell = (message: string) => {
    fault.textContent = message;
    input.ariaInvalid = message ? "true" : null;
  };
  input.addEventListener("input", () => tell(""));
  const block = element(
    "div",
    { class: "field" },
    element("label", { for: id }, label),
    input,
    element("span", { id: `${id}-hint`, class: "hint" }, hint),
    fault,
  );
  return { input, block, tell };
}

const sentence = (message: string): string => `${message.slice(0, 1).toUpperCase()}${message.slice(1)}.`;

/** Says within a part of a page what went wrong there. */
export function tellFault(place: Element, error: unknown): void {
  fill(place, inWords(error));
}
