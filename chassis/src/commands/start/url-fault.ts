/**
 * What is wrong with the URL of a server that a setting names, in one line without anything of the URL in it; undefined when it is
 * complete and of a known scheme. `use` shows a right one.
 */
export function urlFault(name: string, url: string, known: readonly string[], use: string): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  if (!scheme || !known.includes(scheme)) return `${name} has no scheme that is known here, use ${use}`;
  const complete = URL.canParse(url) && new URL(url).hostname !== "";
  return complete ? undefined : `${name} is not a complete URL, use ${use}`;
}
