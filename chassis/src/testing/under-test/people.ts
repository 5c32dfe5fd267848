import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Contract } from "../../contract/contract.ts";
import type { Clock } from "../../core/clock.ts";
import type { User } from "../../identity/caller.ts";
import { JWKS_PATH } from "../../identity/keys/fetch-key-set.ts";
import { newSigningKey, type PublicJwk } from "../../identity/keys/signing-key.ts";
import { ENDED_SESSIONS_PATH } from "../../identity/sessions/fetch-ended-sessions.ts";
import { accessTokens } from "../../identity/tokens/access-token.ts";
import type { TokenFor } from "../../identity/tokens/service-token.ts";

/** The name of the identity service of a test: that of no service. */
export const PEOPLE = "people-of-the-test";

/** An identity service that vouches for everybody whom a test makes up. */
export type People = {
  readonly url: string;
  /** A new access token. */
  tokenOf(user: Omit<User, "kind">): Promise<string>;
  close(): Promise<void>;
};

/**
 * Starts an identity service. A service under test that is one itself is asked as well: tokens that it signs are good, and sessions that it
 * ends have ended.
 */
export async function startPeople(options: {
  readonly contract: Contract;
  readonly clock: Clock;
  /** Where the service under test is, once it listens. */
  serviceUrl(): string | undefined;
  readonly tokenFor: TokenFor;
}): Promise<People> {
  const { contract, clock, serviceUrl, tokenFor } = options;
  const { privateJwk, publicJwk } = await newSigningKey();
  const paths = new Set(Object.values(contract.calls).map(({ path }) => path));

  /** What the service under test says at that path. */
  async function ofService(path: string): Promise<unknown> {
    const url = serviceUrl();
    if (url === undefined || !paths.has(path.split("?")[0] as string)) return undefined;
    const authorization = `Bearer ${await tokenFor(contract.service)}`;
    const response = await fetch(url + path, { headers: { authorization } });
    return response.ok ? response.json() : undefined;
  }

  async function answer(path: string): Promise<unknown> {
    if (path.startsWith(ENDED_SESSIONS_PATH)) return ofService(path);
    const others = (await ofService(path)) as { keys: PublicJwk[] } | undefined;
    return path === JWKS_PATH ? { keys: [publicJwk, ...(others?.keys ?? [])] } : undefined;
  }

  const server = createServer(async ({ url = "" }, response) => {
    const body = await answer(url).catch(() => undefined);
    response.writeHead(body ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokenOf: accessTokens({ key: privateJwk, clock }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
