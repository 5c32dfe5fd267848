import { singleLine } from "@flotilla/chassis/failure";
import type { User as SignedInUser } from "@flotilla/chassis/identity";
import type { Contact, User } from "@flotilla/contracts/users";

/** A user as the database keeps it. The hash is a PHC string. */
export type Account = User & { readonly passwordHash: string };

/** What makes an account, with the password hashed already. */
export type AccountDetails = { name: string; email: string; passwordHash: string };

/** An account as it begins. Throws `invalid_input` for a name that is none. */
export const newAccount = (id: string, details: AccountDetails, role: User["role"], now: Date): Account => ({
  id,
  ...tidy(details),
  role,
  createdAt: now.toISOString(),
});

/** The account after a change; what the change leaves out stays. */
export const changeAccount = (account: Account, change: Partial<AccountDetails>): Account => ({
  ...account,
  ...tidy({ ...account, ...change }),
});

/** What a person signs in with. */
export type Credential = "email" | "password";

/** Which credentials differ. Whoever signed in before has to do so again: a stolen session must not outlive the change. */
export const changedCredentials = (before: Account, after: Account): Credential[] => [
  ...(emailKey(before.email) === emailKey(after.email) ? [] : (["email"] as const)),
  ...(before.passwordHash === after.passwordHash ? [] : (["password"] as const)),
];

/** The form in which two emails of one account are the same: composed, in lower case. */
export const emailKey = (email: string): string => email.normalize("NFC").toLowerCase();

/** Users may see and change themselves; administrators everybody. */
export const mayAccess = (caller: SignedInUser, id: string): boolean => caller.role === "admin" || caller.id === id;

/** A shop without an administrator could not get one again. */
export const isLastAdmin = (account: Account, adminIds: readonly string[]): boolean =>
  account.role === "admin" && adminIds.length === 1 && adminIds[0] === account.id;

/** What may be seen of an account. */
export const shownUser = ({ id, name, email, role, createdAt }: Account): User => ({
  id,
  name,
  email,
  role,
  createdAt,
});

export const contactOf = ({ id, name, email }: Account): Contact => ({ id, name, email });

/** Name and email in composed form, the name without spaces around it. */
const tidy = ({ name, email, passwordHash }: AccountDetails): AccountDetails => ({
  name: singleLine(name, "/name"),
  email: email.normalize("NFC"),
  passwordHash,
});
