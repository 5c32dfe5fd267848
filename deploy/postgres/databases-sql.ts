import { type DeployedService, databaseOf, edgeAndInner } from "../services.ts";

const head = `-- Generated from shop/topology.ts: npm run tool -- deploy-files
-- Makes a role and a database for each service, as the superuser, in psql. What is there already is kept, so this may run again after a
-- service was added or a password was changed. The passwords are in files named after the roles, in the folder SECRETS.
\\set ON_ERROR_STOP on
set client_min_messages = warning;

-- Nobody but the superuser has anything to look for in these.
revoke all on database postgres, template1 from public;
`;

/** The script that makes the databases. */
export const databasesSql = (services: readonly DeployedService[]): string =>
  [head, ...edgeAndInner(services).inner.map(({ name }) => database(databaseOf(name)))].join("\n");

const database = (name: string): string => `\\set password \`cat "\${SECRETS:-/run/secrets}/${name}"\`
select 'create role ${name} login' where not exists (select from pg_roles where rolname = '${name}') \\gexec
alter role ${name} password :'password';
select 'create database ${name} owner ${name}' where not exists (select from pg_database where datname = '${name}') \\gexec
revoke all on database ${name} from public;
`;
