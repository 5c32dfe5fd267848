/** What an element can hold. Texts become text nodes: none of them is ever taken for HTML. */
export type Child = Node | string | number | false | null | undefined;

/** Attributes by name; `true` sets one without a value, `false` and undefined leave it out, `on…` listens. */
export type Attributes = {
  readonly [name: string]: string | number | boolean | undefined | ((event: Event) => void);
};

/** Makes an element with its attributes, listeners and children. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.replace(/^on/, ""), value);
    else if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...shown(children));
  return made;
}

/** Gives an element other children. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren(...shown(children));
}

/** A link inside the storefront. */
export const link = (to: string, attributes: Attributes, ...children: readonly Child[]): HTMLAnchorElement =>
  element("a", { href: `#${to}`, ...attributes }, ...children);

const shown = (children: readonly Child[]): (Node | string)[] =>
  children.flatMap((child) =>
    child === false || child === null || child === undefined ? [] : [typeof child === "number" ? String(child) : child],
  );
