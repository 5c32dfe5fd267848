import { element } from "./element.js";
import { operationView } from "./operation.js";
import { offerSignIn } from "./session.js";

const main = document.querySelector("main");
const nav = document.querySelector("nav");

/** Every operation of the document with its method and path, by tag. */
function callsByTag({ paths }) {
  const calls = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  return Map.groupBy(calls, ({ operation }) => operation.tags[0]);
}

function openNamed() {
  const named = document.getElementById(location.hash.slice(1));
  if (named instanceof HTMLDetailsElement) named.open = true;
}

function show(api) {
  document.title = api.info.title;
  document.querySelector("#title").textContent = `${api.info.title} ${api.info.version}`;
  const byTag = callsByTag(api);
  main.replaceChildren();
  for (const [tag, calls] of byTag) {
    const links = calls.map(({ operation: { operationId, summary } }) =>
      element("li", {}, element("a", { href: `#${operationId}`, title: summary }, operationId)),
    );
    nav.append(element("h2", {}, tag), element("ul", {}, ...links));
    main.append(element("section", {}, element("h2", {}, tag), ...calls.map(operationView)));
  }
  offerSignIn([...byTag.values()].flat().find(({ operation }) => operation.operationId === "login")?.path);
  addEventListener("hashchange", openNamed);
  openNamed();
}

try {
  show(await (await fetch("openapi.json")).json());
} catch {
  main.replaceChildren(element("p", { role: "alert" }, "The document could not be loaded."));
}
