import type { Database } from "../../database/database.ts";

/** A role of the embedded broker's database, and what it may do there. */
export type BrokerRole = {
  readonly role: string;
  /** The service whose role it is: it publishes in this name, and gets this consumer's messages. */
  readonly service: string;
  /** The types of event that it may publish. */
  readonly publishes: readonly string[];
};

/**
 * Writes down what each role may do; what was said of a role before is forgotten. To be done by the owner of the tables, who may do
 * everything; any other role may do nothing that is not written here.
 */
export const grantMessaging = (database: Database, roles: readonly BrokerRole[]): Promise<void> =>
  database.transaction(async (tx) => {
    await tx.query(
      `insert into broker_role (role, service) select * from unnest($1::name[], $2::text[])
       on conflict (role) do update set service = excluded.service`,
      [roles.map(({ role }) => role), roles.map(({ service }) => service)],
    );
    const pairs = roles.flatMap(({ role, publishes }) => publishes.map((type) => ({ role, type })));
    await tx.query("delete from publication where role = any($1::name[])", [roles.map(({ role }) => role)]);
    await tx.query("insert into publication (role, type) select * from unnest($1::name[], $2::text[])", [
      pairs.map(({ role }) => role),
      pairs.map(({ type }) => type),
    ]);
    for (const { role } of roles) {
      const name = `"${role.replaceAll('"', '""')}"`;
      await tx.query(`grant usage on schema public to ${name}`);
      await tx.query(`grant select, insert, update, delete on delivery to ${name}`);
      await tx.query(`grant select, insert, delete on subscription to ${name}`);
      await tx.query(`grant select on broker_role, publication to ${name}`);
    }
  });
