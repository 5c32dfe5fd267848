import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { readJson, writePrivateJson } from "../../../chassis/src/topology/private-file.ts";

/** The sign-in of the shop's administrator. */
export type Administrator = { readonly email: string; readonly password: string };

/**
 * The administrator of the shop in `dataFolder`: what was given, else what was kept from an earlier start, else a new one with a
 * random password. Kept in `admin.json`, which only we may read.
 */
export async function prepareAdministrator(
  dataFolder: string,
  given: { email?: string | undefined; password?: string | undefined },
): Promise<Administrator> {
  const kept = await readAdministrator(dataFolder);
  const email = given.email ?? kept?.email ?? "admin@shop.example";
  const password = given.password ?? kept?.password ?? randomBytes(12).toString("base64url");
  if (email !== kept?.email || password !== kept.password)
    await writePrivateJson(file(dataFolder), { email, password });
  return { email, password };
}

/** The administrator that was kept; undefined before the first start. */
export const readAdministrator = async (dataFolder: string): Promise<Administrator | undefined> =>
  (await readJson(file(dataFolder))) as Administrator | undefined;

const file = (dataFolder: string) => join(dataFolder, "admin.json");
