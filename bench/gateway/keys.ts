import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { accessTokens, newSigningKey } from "@flotilla/chassis/identity";

/** The tokens of one user: ours by EdDSA, whose public key `keyServer` shows, and the peers' by HS256 with `secret`. */
export type Tokens = {
  readonly ours: string;
  readonly keyServer: string;
  readonly peers: string;
  readonly secret: string;
  close(): void;
};

const secret = "a secret that the peers share with whoever signs";

/** Signs them, and shows the key. */
export async function signTokens(): Promise<Tokens> {
  const key = await newSigningKey();
  const user = { id: "u1", name: "Ann", role: "customer", session: "s1" } as const;
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ keys: [key.publicJwk] }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    ours: await accessTokens({ key: key.privateJwk })(user),
    keyServer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    peers: signedForPeers({ sub: user.id, role: user.role, exp: Math.floor(Date.now() / 1_000) + 86_400 }),
    secret,
    close: () => server.close(),
  };
}

/** HS256: the cheapest that the peers know, and what their READMEs show. */
function signedForPeers(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}
