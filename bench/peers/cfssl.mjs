import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '@cartulary/testing';
import pg from 'pg';
import { findInstalled } from '../lib/installed.mjs';
import { PeerServer } from './server.mjs';

const MODULE = 'github.com/cloudflare/cfssl@v1.6.5';

/** Where the module's source lies: its database schema is nowhere else. */
const migrations = () => {
  const cache = execFileSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim();
  return join(cache, MODULE, 'certdb', 'pg', 'migrations');
};

const upOf = (goose) => /-- \+goose Up([\s\S]*?)-- \+goose Down/.exec(goose)?.[1] ?? '';

const database = async (place, name) => {
  const url = await place.postgres.ensureDatabase(name);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const file of (await readdir(migrations())).sort()) {
      await client.query(upOf(await readFile(join(migrations(), file), 'utf8')));
    }
  } finally {
    await client.end();
  }
  return `${url}?sslmode=disable`;
};

const policy = { signing: { default: { usages: ['digital signature', 'client auth', 'server auth'], expiry: '24h' } } };

/**
 * cfssl with Postgres, on the same Postgres as ours: `stock` is `cfssl serve`, `pooled` is its handler with a pool that
 * keeps its connections. Gives `{ server, flags }` for the load generator.
 */
export const startCfssl = async (place, authority, kind) => {
  const program = findInstalled(kind === 'stock' ? 'cfssl' : 'cfssl-pooled');
  if (!program) throw new Error(`cfssl 1.6.5 is not installed (\`go install ${MODULE.replace('@', '/cmd/cfssl@')}\`)`);
  const [port] = await freePorts(1);
  const data = await database(place, `cfssl_${kind}`);
  const { file } = authority;
  await writeFile(file('policy.json'), JSON.stringify(policy));
  const common = ['-ca', file('ca.crt'), '-ca-key', file('ca.key'), '-config', file('policy.json')];
  const tls = ['-tls-cert', file('server.crt'), '-tls-key', file('server.key')];
  const args =
    kind === 'stock'
      ? await stockArguments({ common, tls, port, data, file })
      : [...common, ...tls, '-address', `127.0.0.1:${port}`, '-database', data];
  const server = await PeerServer.start({ command: program, args, log: file(`cfssl-${kind}.log`), port });
  const flags = {
    ...authority.client,
    ...{ url: `https://127.0.0.1:${port}/api/v1/cfssl/sign`, method: 'POST', header: 'Content-Type: application/json' },
    body: '{"certificate_request":"{csr}","hosts":["cart.bench"],"subject":{"CN":"cart"}}',
    marker: '"success":true',
  };
  return { server, flags };
};

const stockArguments = async ({ common, tls, port, data, file }) => {
  await writeFile(file('db.json'), JSON.stringify({ driver: 'postgres', data_source: data }));
  const listening = [
    '-address',
    '127.0.0.1',
    '-port',
    String(port),
    '-mutual-tls-ca',
    file('ca.crt'),
    '-loglevel',
    '4',
  ];
  return ['serve', ...common, ...tls, ...listening, '-db-config', file('db.json')];
};
