import { authorization, takeSession } from "./session.js";

/**
 * Makes a request from what was filled in. Throws when the body is not JSON.
 * @param {{ method: string, path: string, parameters: any[], hasBody: boolean }} call
 * @param {FormData} given
 */
export function requestOf({ method, path, parameters, hasBody }, given) {
  const headers = { accept: "*/*", ...authorization() };
  const query = new URLSearchParams();
  let filled = path;
  for (const { name, in: place } of parameters) {
    const value = String(given.get(`${place}:${name}`) ?? "");
    if (place === "path") filled = filled.replace(`{${name}}`, encodeURIComponent(value));
    else if (value !== "" && place === "query") query.set(name, value);
    else if (value !== "" && place === "header") headers[name] = value;
  }
  const options = { method, headers };
  if (hasBody) {
    const body = String(given.get("body"));
    JSON.parse(body);
    headers["content-type"] = "application/json";
    options.body = body;
  }
  return { url: query.size > 0 ? `${filled}?${query}` : filled, options };
}

/**
 * Sends a request and tells `show` of the answer as it comes.
 * @param {{ url: string, options: RequestInit }} request
 * @param {(answer: { status: number, statusText: string, milliseconds: number, text: string }) => void} show
 */
export async function send({ url, options }, show) {
  const begun = performance.now();
  const response = await fetch(url, options);
  const milliseconds = Math.round(performance.now() - begun);
  const head = { status: response.status, statusText: response.statusText, milliseconds };
  let text = "";
  show({ ...head, text });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    text += part.value;
    show({ ...head, text });
  }
  if (/json/.test(response.headers.get("content-type") ?? "")) show({ ...head, text: readJson(text) });
}

function readJson(text) {
  const value = JSON.parse(text);
  takeSession(value);
  return JSON.stringify(value, undefined, 2);
}
