import { randomBytes } from "node:crypto";
import pg from "pg";
import { connectionTo } from "../../database/connections/connection-to.ts";
import { readJson, writePrivateJson } from "../keys/private-file.ts";

/** Where each service finds its own database, and the one that carries messages. */
export type ServiceDatabases = {
  databaseUrl(service: string): string;
  /** The broker's database, as a role of the service that may send and receive. */
  brokerUrl(service: string): string;
  /** The name of that role. */
  roleOf(service: string): string;
  /** The broker's database, as its owner. */
  readonly brokerOwnerUrl: string;
  /** False when the administrator may not make roles: then all use the administrator's own. */
  readonly isolated: boolean;
};

export type DatabasesOptions = {
  /** A role that may create databases, and roles. */
  adminUrl: string;
  /** Where the passwords of the roles are kept. */
  passwordsFile: string;
  services: readonly string[];
};

const messaging = "flotilla_messaging";
const broker = "broker";
const nameOf = (service: string) => `flotilla_${service}`;

/**
 * Makes a database and a role for each service, and a database for the broker that all of them may connect to. No role
 * can connect to another's database. What is there already is kept.
 */
export async function prepareDatabases(options: DatabasesOptions): Promise<ServiceDatabases> {
  const { adminUrl, passwordsFile } = options;
  const owners = [...options.services, broker];
  const passwords = await keepPasswords(passwordsFile, owners);
  const isolated = await connected(adminUrl, async (admin) => {
    const mayMakeRoles = await canMakeRoles(admin);
    if (mayMakeRoles) await makeRoles(admin, options.services, passwords);
    await makeDatabases(admin, owners, mayMakeRoles);
    return mayMakeRoles;
  });
  const urlOf = (database: string, role: string) =>
    Object.assign(new URL(adminUrl), {
      pathname: `/${nameOf(database)}`,
      ...(isolated ? { username: nameOf(role), password: passwords[role] } : {}),
    }).href;
  const brokerOwnerUrl = urlOf(broker, broker);
  if (isolated) await connected(brokerOwnerUrl, keepTables);
  return {
    databaseUrl: (service) => urlOf(service, service),
    brokerUrl: (service) => urlOf(broker, service),
    roleOf: nameOf,
    brokerOwnerUrl,
    isolated,
  };
}

type Passwords = Record<string, string>;

async function keepPasswords(file: string, owners: readonly string[]): Promise<Passwords> {
  const kept = ((await readJson(file)) ?? {}) as Passwords;
  const missing = owners.filter((owner) => kept[owner] === undefined);
  for (const owner of missing) kept[owner] = randomBytes(24).toString("hex");
  if (missing.length > 0) await writePrivateJson(file, kept);
  return kept;
}

async function canMakeRoles(admin: pg.Client): Promise<boolean> {
  const { rows } = await admin.query<{ may: boolean }>(
    "select rolsuper or rolcreaterole as may from pg_roles where rolname = current_user",
  );
  return rows[0]?.may === true;
}

async function makeRoles(admin: pg.Client, services: readonly string[], passwords: Passwords): Promise<void> {
  const { rows } = await admin.query<{ rolname: string }>("select rolname from pg_roles");
  const present = new Set(rows.map(({ rolname }) => rolname));
  if (!present.has(messaging)) await admin.query(`create role ${messaging} nologin`);
  for (const owner of [...services, broker]) {
    const role = nameOf(owner);
    const verb = present.has(role) ? "alter" : "create";
    await admin.query(`${verb} role ${role} login password ${admin.escapeLiteral(passwords[owner] as string)}`);
    // Who gives a database to a role must be a member of it, unless a superuser.
    if (!present.has(role)) await admin.query(`grant ${role} to current_user`);
  }
  await admin.query(`grant ${messaging} to ${services.map(nameOf).join(", ")}`);
}

async function makeDatabases(admin: pg.Client, owners: readonly string[], withRoles: boolean): Promise<void> {
  const { rows } = await admin.query<{ datname: string }>("select datname from pg_database");
  const present = new Set(rows.map(({ datname }) => datname));
  for (const name of owners.map(nameOf)) {
    if (!present.has(name)) await admin.query(`create database ${name}${withRoles ? ` owner ${name}` : ""}`);
    await admin.query(`revoke all on database ${name} from public`);
  }
  if (withRoles) await admin.query(`grant connect on database ${nameOf(broker)} to ${messaging}`);
}

/** What the owner makes in the broker's database is nobody else's, until the owner says so. */
async function keepTables(owner: pg.Client): Promise<void> {
  await owner.query(`
    revoke create on schema public from public;
    grant usage on schema public to ${messaging};
    revoke all on all tables in schema public from ${messaging};
    alter default privileges revoke all on tables from ${messaging};
    alter default privileges revoke all on sequences from ${messaging}`);
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...connectionTo(url), connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
