import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded/embedded-postgres.js';
import { unprivilegedUser } from '../embedded/unprivileged-user.js';
import { type TestAuthority } from './test-authority.js';

// Plaintext is for the superuser alone, and the role `certified` has to show a certificate besides its password.
const HBA = `
host    all postgres  127.0.0.1/32 scram-sha-256
hostssl all certified all          scram-sha-256 clientcert=verify-full
hostssl all all       all          scram-sha-256
`;

/** A Postgres that wants TLS of everybody but the superuser; its certificate names `localhost` and nothing else. */
export async function startSecuredPostgres(directory: string, authority: TestAuthority): Promise<EmbeddedPostgres> {
  await authority.issue('postgres', { san: 'DNS:localhost' });
  const user = unprivilegedUser();
  if (user) await chown(authority.file('postgres.key'), user.uid, user.gid);
  await writeFile(authority.file('pg_hba.conf'), HBA);
  const settings = {
    fsync: 'off',
    ssl: 'on',
    ssl_cert_file: authority.file('postgres.crt'),
    ssl_key_file: authority.file('postgres.key'),
    ssl_ca_file: authority.file('ca.crt'),
    hba_file: authority.file('pg_hba.conf'),
  };
  return startEmbeddedPostgres({ dataDirectory: join(directory, 'postgres'), settings });
}
