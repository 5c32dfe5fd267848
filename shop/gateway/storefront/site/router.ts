import { inWords, Problem } from "./data/problem.ts";
import { user } from "./data/session.ts";
import { button } from "./elements/button.ts";
import { type Child, element, fill, link } from "./elements/element.ts";
import { announce } from "./elements/show.ts";

/** What a page is made for: the parameters of its address, and a signal that is aborted when the customer leaves it. */
export type View = {
  readonly parameters: readonly string[];
  readonly query: URLSearchParams;
  readonly signal: AbortSignal;
  /** Makes the page anew. */
  readonly again: () => void;
};

export type Page = { readonly title: string; readonly content: readonly Child[] };
export type MakePage = (view: View) => Page | Promise<Page>;

export type Route = {
  readonly path: RegExp;
  /** Who may see it; others are asked to sign in. Default: everybody. */
  readonly access?: "customer" | "admin";
  readonly load: () => MakePage | Promise<MakePage>;
};

let leave = new AbortController();
let shownPath: string | undefined;

/** Goes to an address of the storefront. */
export function go(to: string, { replace = false } = {}): void {
  if (replace) {
    history.replaceState(null, "", `#${to}`);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } else location.hash = to;
}

/** The address that is shown: path and query. */
export const here = (): string => location.hash.replace(/^#/, "") || "/";

/** Shows the page of the address, now and whenever it changes, or another signs in. */
export function startRouter(routes: readonly Route[], main: HTMLElement): void {
  const show = () => render(routes, main);
  addEventListener("hashchange", show);
  let who = user.value()?.id;
  user.watch((now) => {
    if (now?.id === who) return;
    who = now?.id;
    // Forms that sign in go on by themselves; other pages are another's now.
    if (!/^\/(sign-|password)/.test(here())) show();
  });
  show();
}

async function render(routes: readonly Route[], main: HTMLElement): Promise<void> {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const [path = "/", query = ""] = here().split("?");
  const route = routes.find((each) => each.path.test(path));
  const isSamePage = shownPath === undefined || path === shownPath;
  shownPath = path;
  const again = () => void render(routes, main);
  const late = setTimeout(
    () => !isSamePage && !signal.aborted && fill(main, element("p", { class: "loading" }, "Loading…")),
    150,
  );
  main.ariaBusy = "true";
  try {
    const refused = route?.access && refusalFor(route.access);
    const page = refused ?? (await (await route?.load())?.(viewOf(route, path, query, signal, again))) ?? notThere();
    if (signal.aborted) return;
    put(main, page, isSamePage);
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof Problem && error.code === "signed_out") return again();
    put(main, failed(error, again), isSamePage);
  } finally {
    clearTimeout(late);
    if (!signal.aborted) main.ariaBusy = null;
  }
}

const viewOf = (
  route: Route | undefined,
  path: string,
  query: string,
  signal: AbortSignal,
  again: () => void,
): View => ({
  parameters: (route?.path.exec(path) ?? []).slice(1).map(decodeURIComponent),
  query: new URLSearchParams(query),
  signal,
  again,
});

function put(main: HTMLElement, { title, content }: Page, isSamePage: boolean): void {
  document.title = `${title} · Flotilla`;
  fill(main, ...content);
  if (isSamePage) return;
  scrollTo({ top: 0 });
  // A reader hears the new page, and the keyboard goes on from its top.
  const heading = main.querySelector("h1");
  if (!heading || document.activeElement?.closest("#top form")) {
    announce(title);
    return;
  }
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

function refusalFor(access: "customer" | "admin"): Page | undefined {
  const role = user.value()?.role;
  if (role === "admin" || role === access) return undefined;
  const then = `?then=${encodeURIComponent(here())}`;
  return {
    title: "Sign in",
    content: [
      element(
        "section",
        { class: "narrow panel" },
        element("h1", {}, role ? "Not for this account" : "Please sign in"),
        element(
          "p",
          {},
          role ? "Only an administrator sees this page." : "This page is about your own orders and account.",
        ),
        element(
          "p",
          { class: "row" },
          link(`/sign-in${then}`, { class: "button" }, "Sign in"),
          !role && link(`/sign-up${then}`, { class: "button quiet" }, "Open an account"),
        ),
      ),
    ],
  };
}

const notThere = (): Page => ({
  title: "Not found",
  content: [
    element(
      "section",
      { class: "narrow panel" },
      element("h1", {}, "There is no such page"),
      element("p", {}, link("/", {}, "To the shop")),
    ),
  ],
});

function failed(error: unknown, again: () => void): Page {
  if (error instanceof Problem && error.status === 404) return notThere();
  if (!(error instanceof Problem)) console.error(error);
  return {
    title: "Something is wrong",
    content: [
      element(
        "section",
        { class: "narrow panel" },
        element("h1", {}, "This can't be shown right now"),
        element("p", {}, inWords(error)),
        button("Try again", again),
      ),
    ],
  };
}
