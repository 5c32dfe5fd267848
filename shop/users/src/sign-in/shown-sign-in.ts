import type { SignIn } from "@flotilla/contracts/sessions";
import type { SignInRow } from "./sign-in-record-store.ts";

/** A record of the audit as it is shown: of the network so little that no address follows from it. */
export const shownSignIn = ({ id, action, at, network, sessionId, refused }: SignInRow): SignIn => ({
  id,
  action: action as SignIn["action"],
  at: at.toISOString(),
  result: refused > 0 ? "refused" : "done",
  times: Math.max(refused, 1),
  network: network.toString("hex", 0, 2),
  sessionId,
});
