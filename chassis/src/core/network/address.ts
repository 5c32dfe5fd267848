/** Where a service listens. */
export type Address = { readonly host: string; readonly port: number };

/** The address of an origin (`http://host:port`, or `https:` where services speak TLS). Throws a TypeError for every other scheme. */
export function addressOf(origin: string): Address {
  const { protocol, hostname, port } = new URL(origin);
  if (protocol !== "http:" && protocol !== "https:") {
    throw new TypeError(`${protocol} is not how services are reached: they talk HTTP/1.1`);
  }
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || (protocol === "http:" ? 80 : 443)) };
}
