import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { readJson, writePrivateJson } from "../../../chassis/src/topology/keys/private-file.ts";

/** The sign-in of the shop's administrator. */
export type Administrator = { readonly email: string; readonly password: string };

/** The administrator of a start, and the email of the one before, who is so no longer. */
export type PreparedAdministrator = Administrator & { readonly former?: string };

/**
 * The administrator of the shop in `dataFolder`: what was given, else what was kept from an earlier start, else a new one with a
 * random password. Kept in `admin.json`, which only we may read.
 */
export async function prepareAdministrator(
  dataFolder: string,
  given: { email?: string | undefined; password?: string | undefined },
): Promise<PreparedAdministrator> {
  const kept = await readAdministrator(dataFolder);
  const email = given.email ?? kept?.email ?? "admin@shop.example";
  const password = given.password ?? kept?.password ?? randomBytes(12).toString("base64url");
  if (email !== kept?.email || password !== kept.password)
    await writePrivateJson(administratorFile(dataFolder), { email, password });
  return { email, password, ...(kept && kept.email !== email ? { former: kept.email } : {}) };
}

/** The administrator that was kept; undefined before the first start. */
export const readAdministrator = async (dataFolder: string): Promise<Administrator | undefined> =>
  (await readJson(administratorFile(dataFolder))) as Administrator | undefined;

/** Where the administrator is kept, as a sign-in takes it. */
export const administratorFile = (dataFolder: string): string => join(dataFolder, "admin.json");
