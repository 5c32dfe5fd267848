// The peers' token between services: signed by the caller, verified once by the service and then known until it ends, as ours is.
import jsonwebtoken from "jsonwebtoken";

const KEY = "a key of at least thirty-two bytes, for a benchmark";

export const sign = () => jsonwebtoken.sign({}, KEY, { issuer: "caller", audience: "service", expiresIn: "5m" });

const known = new Map();

/** Whether a token is good. */
export function isGood(token) {
  const until = known.get(token);
  if (until !== undefined) return until > Date.now();
  try {
    const { exp } = jsonwebtoken.verify(token, KEY, { issuer: "caller", audience: "service", algorithms: ["HS256"] });
    known.set(token, exp * 1_000);
    return true;
  } catch {
    return false;
  }
}
