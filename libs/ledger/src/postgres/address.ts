import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type pg from 'pg';
import { InvalidDatabaseUrlError } from '../errors.js';

/** PEM files for TLS to Postgres. */
export interface DatabaseTls {
  /** Of the authorities that the server's certificate is checked against. */
  readonly caFile?: string | undefined;
  /** Ours, where the server wants one; with its key. */
  readonly certificateFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

const FILES = { caFile: 'sslrootcert', certificateFile: 'sslcert', keyFile: 'sslkey' } as const;
const MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
type Mode = (typeof MODES)[number];

/**
 * The URL with these files in it, by libpq's names: whoever connects by it, psql too, does it in the same way. Throws
 * InvalidDatabaseUrlError.
 */
export function withTls(url: string, tls: DatabaseTls): string {
  const address = new URL(url);
  for (const [name, parameter] of Object.entries(FILES)) {
    const file = tls[name as keyof DatabaseTls];
    if (file === undefined) continue;
    if (address.searchParams.has(parameter)) throw new InvalidDatabaseUrlError(`the URL has a ${parameter} already`);
    address.searchParams.set(parameter, file);
  }
  if (address.searchParams.has('sslrootcert') && !address.searchParams.has('sslmode')) {
    address.searchParams.set('sslmode', 'verify-full');
  }
  // Whether it holds together is known now, not when somebody connects.
  if (address.searchParams.size > 0) connectionOf(address.href);
  return address.href;
}

/**
 * How to connect to a URL; the one place that knows `sslmode`. As libpq's or stricter: `require` is `verify-full`, and
 * what would fall back to plaintext is refused. Without `sslmode`, a CA means `verify-full`; without either there is no
 * TLS. Throws InvalidDatabaseUrlError.
 */
export function connectionOf(url: string): Pick<pg.ClientConfig, 'connectionString' | 'ssl'> {
  const address = new URL(url);
  if (![...address.searchParams.keys()].some((name) => name.startsWith('ssl')))
    return { connectionString: url, ssl: false };
  const taken = (name: string): string | undefined => {
    const value = address.searchParams.get(name) ?? undefined;
    address.searchParams.delete(name);
    return value;
  };
  const given = { mode: taken('sslmode'), ca: taken('sslrootcert'), cert: taken('sslcert'), key: taken('sslkey') };
  const other = [...address.searchParams.keys()].find((name) => name.startsWith('ssl'));
  if (other) throw new InvalidDatabaseUrlError(`${other} in the URL is not understood: use sslmode`);
  return { connectionString: address.href, ssl: tlsOf(given) };
}

interface Given {
  readonly mode: string | undefined;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

function tlsOf({ mode: text, ca, cert, key }: Given): ConnectionOptions | false {
  const files = ca !== undefined || cert !== undefined || key !== undefined;
  const mode = modeOf(text ?? (files ? 'verify-full' : 'disable'));
  if (mode === 'disable') {
    if (files) throw new InvalidDatabaseUrlError('sslmode=disable and certificates don’t go together');
    return false;
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new InvalidDatabaseUrlError('a client certificate and its key go together');
  }
  return {
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca: read(ca) }),
    ...(cert === undefined ? {} : { cert: read(cert) }),
    ...(key === undefined ? {} : { key: read(key) }),
    // Whoever has a certificate of this authority is the server.
    ...(mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  };
}

function modeOf(text: string): Mode {
  const mode = MODES.find((one) => one === text);
  if (mode) return mode;
  throw new InvalidDatabaseUrlError(`sslmode=${text} could end in plaintext: give one of ${MODES.join(', ')}`);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new InvalidDatabaseUrlError(`${file} cannot be read (${code})`, { cause });
  }
}
