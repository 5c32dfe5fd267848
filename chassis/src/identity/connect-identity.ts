import type { Clock } from "../core/clock.ts";
import type { Dial } from "../core/network/dial.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { Log } from "../telemetry/log.ts";
import { type FindUserKeys, userKeys } from "./keys/user-keys.ts";
import { type EndedSessions, endedSessions } from "./sessions/ended-sessions.ts";
import type { TokenFor } from "./tokens/service-token.ts";

/** What the identity service tells those who verify the tokens of people. */
export type Identity = {
  readonly userKeys: FindUserKeys;
  readonly endedSessions?: EndedSessions;
  close(): Promise<void>;
};

/** Asks the identity service, from now on and whenever something has to be known of it. Without one no token of a person is good. */
export function connectIdentity(options: {
  readonly discovery: Discovery;
  readonly tokenFor: TokenFor;
  readonly identityService: string | undefined;
  readonly log: Log;
  readonly clock: Clock;
  /** How it is reached. Default: without TLS. */
  readonly dial?: Dial | undefined;
}): Identity {
  const { identityService } = options;
  if (identityService === undefined) return { userKeys: async () => [], close: async () => {} };
  // It begins to be looked for now, not when the first caller shows a token.
  options.discovery.instances(identityService);
  const keys = userKeys({ ...options, identityService });
  const sessions = endedSessions({ ...options, identityService });
  return {
    userKeys: keys.find,
    endedSessions: sessions,
    close: async () => void (await Promise.all([keys.close(), sessions.close()])),
  };
}
