import type { CryptoKey } from "jose";
import { type Clock, systemClock } from "../../core/clock.ts";
import { unavailable } from "../../core/failure/failure.ts";
import type { Dial } from "../../core/network/dial.ts";
import type { Discovery } from "../../discovery/discovery.ts";
import type { Log } from "../../telemetry/log.ts";
import { identityAgent } from "../sessions/ask-identity-service.ts";
import { fetchKeySet } from "./fetch-key-set.ts";
import { importKeySet, type PublicKeys } from "./public-keys.ts";

/** The keys with an id; none when there is no such key. Throws `unavailable` when that can't be told. */
export type FindUserKeys = (kid: string) => Promise<readonly CryptoKey[]>;

export type UserKeys = {
  readonly find: FindUserKeys;
  close(): Promise<void>;
};

/** Milliseconds between two loads that unknown keys ask for. */
const LEAST_BETWEEN_LOADS = 2_000;
/** Milliseconds after which the keys are loaded anew, so that a withdrawn key ends. */
const FRESH = 5 * 60_000;

/**
 * The public keys of the identity service, loaded from one of its instances when first needed, when an unknown key is asked
 * for, and every five minutes. Callers that come at the same time share one load. While the service is away the last known
 * good keys stay.
 */
export function userKeys(options: {
  readonly discovery: Discovery;
  readonly log: Log;
  readonly identityService?: string;
  readonly clock?: Clock;
  readonly dial?: Dial | undefined;
}): UserKeys {
  const { discovery, log, identityService = "users", clock = systemClock, dial } = options;
  const agent = identityAgent(identityService, dial);
  let keys: PublicKeys | undefined;
  let loading: Promise<void> | undefined;
  let lastLoad = Number.NEGATIVE_INFINITY;
  let lastFailure: unknown;

  async function load(): Promise<void> {
    lastLoad = clock.monotonic();
    try {
      const loaded = await importKeySet(await fetchKeySet(agent, discovery.instances(identityService)));
      if (loaded.size === 0) throw new Error("the key set is empty");
      keys = loaded;
      lastFailure = undefined;
    } catch (error) {
      lastFailure = error;
      log.warn({ err: error, identityService }, "the keys of access tokens could not be loaded");
    }
  }

  function loadOnce(): Promise<void> {
    loading ??= load().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  async function find(kid: string): Promise<readonly CryptoKey[]> {
    const age = clock.monotonic() - lastLoad;
    const known = keys?.get(kid);
    if (known) {
      if (age >= FRESH) void loadOnce();
      return known;
    }
    if (loading || age >= LEAST_BETWEEN_LOADS) await loadOnce();
    const found = keys?.get(kid);
    if (found) return found;
    if (lastFailure !== undefined) throw unavailable.failure({ cause: lastFailure, retryAfter: 2 });
    return [];
  }

  return { find, close: async () => agent.destroy() };
}
