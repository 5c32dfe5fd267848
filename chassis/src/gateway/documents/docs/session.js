let accessToken = "";

/** The headers that say who asks. */
export const authorization = () => (accessToken ? { authorization: `Bearer ${accessToken}` } : {});

/**
 * Takes over the sign-in from an answer that holds one, whichever call gave it, and says so on the page.
 * @param {any} answer
 */
export function takeSession(answer) {
  if (typeof answer?.accessToken !== "string") return;
  accessToken = answer.accessToken;
  const { name, role } = answer.user ?? {};
  showSession(name ? `Signed in as ${name} (${role})` : "Signed in");
}

/**
 * Lets people sign in at the top of the page, if the document has a call for it.
 * @param {string | undefined} loginPath
 */
export function offerSignIn(loginPath) {
  const form = document.querySelector("#sign-in");
  showSession("Not signed in");
  if (!loginPath || !(form instanceof HTMLFormElement)) return;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = JSON.stringify(Object.fromEntries(new FormData(form)));
    const headers = { "content-type": "application/json" };
    const response = await fetch(loginPath, { method: "POST", headers, body }).catch(() => undefined);
    const answer = await response?.json().catch(() => undefined);
    if (response?.ok) takeSession(answer);
    else showSession(`Not signed in: ${answer?.title ?? "the gateway does not answer"}`);
  });
}

function showSession(text) {
  const session = document.querySelector("#session");
  if (session) session.textContent = text;
}
