import pg from 'pg';
import { connectionOf } from '../postgres/address.js';

export interface ServiceRoleOptions {
  /** Of a role that may create roles and owns the database. */
  readonly ownerUrl: string;
  /** Roles belong to the whole server: name it after the database, such as `<database>_service`. */
  readonly role: string;
  readonly password: string;
}

/**
 * Creates or updates the role that services log in as: a member of `cartulary_service` and nothing else. Takes the
 * database away from PUBLIC. Gives the service's URL.
 */
export async function provisionServiceRole({ ownerUrl, role, password }: ServiceRoleOptions): Promise<string> {
  const client = new pg.Client({ ...connectionOf(ownerUrl), application_name: 'cartulary-provision' });
  await client.connect();
  try {
    const name = client.escapeIdentifier(role);
    const attributes = 'LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';
    const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
    const verb = rowCount === 0 ? 'CREATE' : 'ALTER';
    await client.query(`${verb} ROLE ${name} ${attributes} PASSWORD ${client.escapeLiteral(password)}`);
    await client.query(`GRANT cartulary_service TO ${name}`);
    const { rows } = await client.query<{ database: string }>('SELECT current_database() AS database');
    const database = client.escapeIdentifier(rows[0]!.database);
    await client.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
    await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${name}`);
  } finally {
    await client.end();
  }
  const url = new URL(ownerUrl);
  url.username = encodeURIComponent(role);
  url.password = encodeURIComponent(password);
  return url.href;
}
