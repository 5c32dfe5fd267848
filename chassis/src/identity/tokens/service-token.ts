import { importJWK, SignJWT } from "jose";
import { type Clock, systemClock } from "../../core/clock.ts";
import { ALGORITHM, type PrivateJwk } from "../keys/signing-key.ts";

/** The `typ` of the token by which a service shows another who it is. */
export const SERVICE_TOKEN_TYPE = "service+jwt";

/** How long a service token is good for. */
export const SERVICE_TOKEN_SECONDS = 5 * 60;

const RENEWED_BEFORE_END = 60;

/** The token with which this service calls the service `audience`. */
export type TokenFor = (audience: string) => Promise<string>;

type Issued = { readonly token: Promise<string>; readonly from: number; readonly until: number };

type Signer = { readonly jwk: PrivateJwk; readonly key: ReturnType<typeof importJWK> };

function signer(jwk: PrivateJwk): Signer {
  const key = importJWK(jwk, ALGORITHM);
  key.catch(() => {}); // whoever asks for a token first is told
  return { jwk, key };
}

/**
 * Makes the tokens of the service `name`: one for each service it calls, kept until a minute before its end or until `key` is another.
 * Callers that come at the same time share one signature.
 */
export function serviceTokens(options: {
  readonly name: string;
  /** The key that signs; as a function, the one that does right now. */
  readonly key: PrivateJwk | (() => PrivateJwk);
  readonly clock?: Clock;
}): TokenFor {
  const { name, key, clock = systemClock } = options;
  const currentKey = typeof key === "function" ? key : () => key;
  const issued = new Map<string, Issued>();
  let signing = signer(currentKey());

  function signerNow(): Signer {
    if (signing.jwk === currentKey()) return signing;
    issued.clear();
    signing = signer(currentKey());
    return signing;
  }

  async function sign({ jwk, key }: Signer, audience: string, issuedAt: number): Promise<string> {
    return new SignJWT()
      .setProtectedHeader({ alg: ALGORITHM, typ: SERVICE_TOKEN_TYPE, kid: jwk.kid })
      .setIssuer(name)
      .setSubject(name)
      .setAudience(audience)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + SERVICE_TOKEN_SECONDS)
      .sign(await key);
  }

  return (audience) => {
    const by = signerNow();
    const now = Math.floor(clock.now().getTime() / 1000);
    const known = issued.get(audience);
    // Receivers judge by the wall clock, so a clock that was set back ends a token as well.
    if (known && now >= known.from && now < known.until) return known.token;
    const token = sign(by, audience, now);
    issued.set(audience, { token, from: now, until: now + SERVICE_TOKEN_SECONDS - RENEWED_BEFORE_END });
    return token;
  };
}
