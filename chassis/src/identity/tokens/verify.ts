import {
  type CryptoKey,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from "jose";
import { jsonValidator } from "../../contract/validation/validate.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { tokenInvalid } from "../../core/failure/failure.ts";
import type { Caller } from "../caller.ts";
import { importKeySet } from "../keys/public-keys.ts";
import { ALGORITHM, type KeySet } from "../keys/signing-key.ts";
import type { FindUserKeys } from "../keys/user-keys.ts";
import type { EndedSessions } from "../sessions/ended-sessions.ts";
import {
  ACCESS_TOKEN_SECONDS,
  ACCESS_TOKEN_TYPE,
  AccessTokenClaims,
  type AccessTokenScope,
  accessTokenScope,
} from "./access-token.ts";
import { SERVICE_TOKEN_SECONDS, SERVICE_TOKEN_TYPE } from "./service-token.ts";
import { verifiedTokens } from "./verified-tokens.ts";

/**
 * Who a bearer token stands for. Throws `token_invalid` for every token that is not good, whatever is wrong with it, and
 * `unavailable` when it can't be told because the keys can't be had.
 */
export type Verify = ((token: string) => Promise<Caller>) & {
  /** Who a token that was verified before stands for; undefined when it was not, has ended, or has to be asked about. */
  readonly known: (token: string) => Caller | undefined;
  /**
   * Asks whether the session of a caller goes on now, for what must not be done a second too late. Rejects with `token_invalid` when it has
   * ended, with `unavailable` when that can't be told.
   */
  readonly confirm: (caller: Caller) => Promise<void>;
  /** Whether a token has the form of ours and has not ended, which is cheap to tell; all others are refused without a look at their signature. */
  readonly isPlausible: (token: string) => boolean;
};

/** Seconds by which the clocks of two machines may differ. */
const TOLERANCE = 5;
const LONGEST_TOKEN = 4096;
const REMEMBERED_TOKENS = 10_000;

/** How one kind of token is verified. */
type Kind = {
  readonly lifetime: number;
  readonly audience: string;
  issuer(kid: string): string;
  keys(kid: string): Promise<readonly CryptoKey[]>;
  caller(claims: JWTPayload, issuer: string): Caller;
};

/**
 * Makes the verifier of the service `service`. It takes customers' access tokens, signed by the identity service, and other
 * services' tokens for this service, each signed by the key that has its name. Nothing in a token leads to a key but its
 * `kid`: a header that holds more than `alg`, `typ` and `kid` is refused. A token is verified once and then remembered, until it
 * ends or its session does.
 */
export function createVerifier(
  options: {
    readonly service: string;
    /** The public keys of all services; as a function, those that are good right now. */
    readonly serviceKeys: KeySet | (() => KeySet);
    readonly userKeys: FindUserKeys;
    /** Without: a session is as good as its tokens. */
    readonly endedSessions?: Pick<EndedSessions, "has" | "hasNow">;
    readonly clock?: Clock;
  } & Partial<AccessTokenScope>,
): Verify {
  const { clock = systemClock, endedSessions } = options;
  const kinds = new Map([
    [ACCESS_TOKEN_TYPE, userTokens({ ...accessTokenScope, ...options })],
    [SERVICE_TOKEN_TYPE, tokensOfServices(options.service, options.serviceKeys)],
  ]);
  const remembered = verifiedTokens(REMEMBERED_TOKENS);
  const { serviceKeys } = options;
  const currentKeys = typeof serviceKeys === "function" ? serviceKeys : () => serviceKeys;
  let rememberedFor = currentKeys();

  /** What was signed by a key that was withdrawn is not remembered. */
  function forgetWithdrawn(): void {
    if (currentKeys() === rememberedFor) return;
    rememberedFor = currentKeys();
    remembered.clear();
  }

  async function verifyOnce(token: string, now: Date): Promise<Caller> {
    const { typ, kid } = readHeader(token);
    const kind = kinds.get(typ);
    if (!kind) throw tokenInvalid.failure({ cause: new Error("unknown typ") });
    const claims = await verifyClaims(token, kid, kind, now);
    const caller = kind.caller(claims, kind.issuer(kid));
    const issuedAt = claims.iat as number;
    const until = Math.min(claims.exp as number, issuedAt + kind.lifetime);
    remembered.keep(token, { caller, from: issuedAt - TOLERANCE, until });
    return caller;
  }

  function known(token: string): Caller | undefined {
    forgetWithdrawn();
    const caller = remembered.find(token, clock.now().getTime() / 1000);
    if (caller?.kind !== "user" || endedSessions === undefined) return caller;
    const ended = endedSessions.has(caller.session);
    // Whoever verifies the token is told why it can't be.
    if (typeof ended !== "boolean") ended.catch(() => {});
    return ended === false ? caller : undefined;
  }

  async function verify(token: string): Promise<Caller> {
    forgetWithdrawn();
    const now = clock.now();
    const caller = remembered.find(token, now.getTime() / 1000) ?? (await verifyOnce(token, now));
    if (caller.kind !== "user" || endedSessions === undefined) return caller;
    const ended = endedSessions.has(caller.session);
    if (typeof ended === "boolean" ? ended : await ended) throw sessionEnded();
    return caller;
  }

  async function confirm(caller: Caller): Promise<void> {
    if (caller.kind === "user" && (await endedSessions?.hasNow(caller.session))) throw sessionEnded();
  }

  return Object.assign(verify, { known, confirm, isPlausible: plausibility(new Set(kinds.keys()), clock) });
}

function plausibility(types: ReadonlySet<string>, clock: Clock): Verify["isPlausible"] {
  return (token) => {
    try {
      if (!types.has(readHeader(token).typ)) return false;
      const { exp = 0 } = decodeJwt(token);
      return exp + TOLERANCE > clock.now().getTime() / 1_000;
    } catch {
      return false;
    }
  };
}

const sessionEnded = () => tokenInvalid.failure({ cause: new Error("the session has ended") });

const accessClaims = jsonValidator(AccessTokenClaims);

function userTokens(scope: AccessTokenScope & { readonly userKeys: FindUserKeys }): Kind {
  return {
    lifetime: ACCESS_TOKEN_SECONDS,
    audience: scope.audience,
    issuer: () => scope.issuer,
    keys: scope.userKeys,
    caller(claims) {
      const { sub, name, role, sid } = orInvalid(() => accessClaims(claims));
      return { kind: "user", id: sub, name, role, session: sid };
    },
  };
}

function tokensOfServices(service: string, serviceKeys: KeySet | (() => KeySet)): Kind {
  const currentSet = typeof serviceKeys === "function" ? serviceKeys : () => serviceKeys;
  let imported = imports(currentSet());
  const keys = () => {
    if (imported.set !== currentSet()) imported = imports(currentSet());
    return imported.keys;
  };
  return {
    lifetime: SERVICE_TOKEN_SECONDS,
    audience: service,
    issuer: (kid) => kid,
    keys: async (kid) => (await keys()).get(kid) ?? [],
    caller(claims, issuer) {
      if (claims.sub !== issuer) throw tokenInvalid.failure({ cause: new Error("sub is not iss") });
      return { kind: "service", name: issuer };
    },
  };
}

function imports(set: KeySet) {
  const keys = importKeySet(set);
  keys.catch(() => {}); // whoever verifies first is told
  return { set, keys };
}

function readHeader(token: string): { typ: string; kid: string } {
  if (token.length > LONGEST_TOKEN) throw tokenInvalid.failure({ cause: new Error("too long") });
  if (!isCanonical(token)) throw tokenInvalid.failure({ cause: new Error("not canonical base64url") });
  const { alg, typ, kid, ...others } = orInvalid(() => decodeProtectedHeader(token));
  if (alg !== ALGORITHM || typeof typ !== "string" || typeof kid !== "string" || Object.keys(others).length > 0) {
    throw tokenInvalid.failure({ cause: new Error("the header is not one of ours") });
  }
  return { typ, kid };
}

/** The last character of base64url has bits that nobody reads: with others there, it would be a second token as good as ours. */
const isCanonical = (token: string): boolean =>
  token.split(".").every((part) => Buffer.from(part, "base64url").toString("base64url") === part);

async function verifyClaims(token: string, kid: string, kind: Kind, now: Date): Promise<JWTPayload> {
  const rules: JWTVerifyOptions = {
    algorithms: [ALGORITHM],
    issuer: kind.issuer(kid),
    audience: kind.audience,
    requiredClaims: ["iss", "sub", "aud", "iat", "exp"],
    maxTokenAge: kind.lifetime,
    clockTolerance: TOLERANCE,
    currentDate: now,
  };
  let cause: unknown = new Error("unknown kid");
  for (const key of await kind.keys(kid)) {
    try {
      return (await jwtVerify(token, key, rules)).payload;
    } catch (error) {
      cause = error;
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) break;
    }
  }
  throw tokenInvalid.failure({ cause });
}

function orInvalid<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw tokenInvalid.failure({ cause });
  }
}
