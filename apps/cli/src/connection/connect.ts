import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CartularyClient, PublicClient } from '@cartulary/client';
import type { CliContext } from '../context.js';
import { CliError } from '../exit-codes.js';
import type { ConnectionFlags } from './options.js';

export interface ResolvedConnection {
  readonly url: string;
  readonly publicUrl: string;
  readonly ca: string;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly token: string | undefined;
}

/** Flags first, then the environment, then the data directory of a service on this machine. */
export const resolveConnection = (flags: ConnectionFlags, env: CliContext['env']): ResolvedConnection => {
  const set = (flag: string | undefined, variable: string): string | undefined => flag ?? (env[variable] || undefined);
  const data = set(flags.data, 'CARTULARY_DATA') ?? './.cartulary';
  const token = set(flags.token, 'CARTULARY_TOKEN');
  const cert = set(flags.cert, 'CARTULARY_CERT') ?? (token ? undefined : join(data, 'operator.crt'));
  const key = set(flags.key, 'CARTULARY_KEY') ?? (token ? undefined : join(data, 'operator.key'));
  return {
    url: set(flags.url, 'CARTULARY_URL') ?? `https://127.0.0.1:${env['CARTULARY_HTTPS_PORT'] || 8443}`,
    publicUrl:
      set(flags.publicUrl, 'CARTULARY_PUBLIC_URL') ?? `http://127.0.0.1:${env['CARTULARY_PUBLIC_PORT'] || 8080}`,
    ca: set(flags.ca, 'CARTULARY_CA') ?? join(data, 'root.crt'),
    cert,
    key,
    token,
  };
};

const readCredential = async (path: string, what: string, flag: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'you may not read it' : String(code);
    const hint = `Start a service here with \`cartulary up\`, or say where things are with --data or ${flag}.`;
    throw new CliError('usage', `${what} ${path}: ${reason}`, hint, { cause });
  }
};

export const parseUrl = (text: string, flag: string, protocols: readonly string[]): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !protocols.includes(url.protocol)) {
    throw new CliError('usage', `${flag}: ${text} is not a URL that starts with ${protocols.join('// or ')}//`);
  }
  return url;
};

const clientFor = async (connection: ResolvedConnection, signal: AbortSignal): Promise<CartularyClient> => {
  const { url, ca, cert, key, token } = connection;
  const baseUrl = parseUrl(url, '--url', ['https:']);
  const tls = {
    ca: await readCredential(ca, 'the root to trust', '--ca'),
    ...(cert ? { cert: await readCredential(cert, 'the client certificate', '--cert') } : {}),
    ...(key ? { key: await readCredential(key, 'the client key', '--key') } : {}),
  };
  return new CartularyClient({ baseUrl, tls, signal, ...(token ? { token } : {}) });
};

export const publicClientFor = (flags: ConnectionFlags, { env, signal }: CliContext): PublicClient => {
  const { publicUrl } = resolveConnection(flags, env);
  return new PublicClient({ baseUrl: parseUrl(publicUrl, '--public-url', ['http:', 'https:']), signal });
};

/** Runs `use` with a client and closes it. */
export const withClient = async <Result>(
  flags: ConnectionFlags,
  { env, signal }: CliContext,
  use: (client: CartularyClient) => Promise<Result>,
): Promise<Result> => {
  const client = await clientFor(resolveConnection(flags, env), signal);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
};
