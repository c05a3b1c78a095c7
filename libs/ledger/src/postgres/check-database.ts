import pg from 'pg';
import { connectionOf } from './address.js';

const CONNECT_MS = 5_000;

/** What stands between us and Postgres until a configuration is changed, ours or the server's. */
export type DatabaseRefusal =
  'server-untrusted' | 'server-name' | 'no-tls' | 'tls-required' | 'client-certificate' | 'credentials' | 'no-database';

export interface RefusedConnection {
  readonly refusal: DatabaseRefusal;
  /** Postgres' words or Node's; no secret is among them. */
  readonly reason: string;
}

/**
 * Connects once, and gives what stays wrong until somebody changes it; undefined when it connects, and when the server
 * is not there, or not yet. Throws InvalidDatabaseUrlError.
 */
export async function checkDatabase(url: string): Promise<RefusedConnection | undefined> {
  const client = new pg.Client({
    ...connectionOf(url),
    application_name: 'cartulary-check',
    connectionTimeoutMillis: CONNECT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    const refusal = refusalOf(error);
    return refusal && { refusal, reason: (error as Error).message };
  } finally {
    await client.end().catch(() => undefined);
  }
}

// Of Node's TLS; what else its codes begin with says that a certificate was not believed.
const UNTRUSTED = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_)/;
const OUR_CERTIFICATE = /^ERR_SSL_.*ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE|UNSUPPORTED_CERTIFICATE)/;

function refusalOf(error: unknown): DatabaseRefusal | undefined {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'server-name';
  if (UNTRUSTED.test(code)) return 'server-untrusted';
  if (OUR_CERTIFICATE.test(code)) return 'client-certificate';
  if (message.includes('does not support SSL')) return 'no-tls';
  if (code === '28P01' || message.includes('password must be a')) return 'credentials';
  if (code === '3D000') return 'no-database';
  if (code !== '28000') return undefined;
  if (/certificate/.test(message)) return 'client-certificate';
  return /no encryption/.test(message) ? 'tls-required' : 'credentials';
}
