/** Who makes a call, as a verified token says. */
export type Caller = Anonymous | User | ServiceCaller;

export type Anonymous = { readonly kind: "anonymous" };

export type Role = "customer" | "admin";

/** A signed-in person. */
export type User = {
  readonly kind: "user";
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** The sign-in the token belongs to: what signing out ends. */
  readonly session: string;
};

/** Another service of the system. */
export type ServiceCaller = { readonly kind: "service"; readonly name: string };

export const anonymous: Anonymous = { kind: "anonymous" };

/** The user behind a call that only users may make; the host has let nobody else in. */
export function userOf(caller: Caller): User {
  if (caller.kind !== "user") throw new Error("this call is not for services");
  return caller;
}
