import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliContext, exitCodes, run } from '@cartulary/cli';
import { derToPem } from '@cartulary/x509';
import { TestHierarchy } from '@cartulary/x509/testing';
import { fuzz } from '../support/fuzz/campaign.js';
import { csrSeeds, parserSeeds } from '../support/fuzz/der-seeds.js';
import { mutateDer } from '../support/fuzz/mutate-der.js';
import type { Random } from '../support/faults/random.js';

const PATIENCE_MS = 60_000;
const now = new Date('2026-11-22T10:00:00Z');
const directory = mkdtempSync(join(tmpdir(), 'cartulary-fuzz-cli-'));
const before = process.cwd();
const codes = Object.values(exitCodes).map(({ code }) => code as number);

let seeds: Buffer[];
beforeAll(async () => {
  const { certificates, crls, ocspResponses } = await parserSeeds(now);
  seeds = [...certificates, ...crls, ...ocspResponses, ...(await csrSeeds()).map(({ der }) => der)];
  mkdirSync(join(directory, 'data'));
  const at = await TestHierarchy.create(now);
  const { certificate, privateKey } = await at.workload();
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const files = { root: derToPem(at.root.certificate, 'CERTIFICATE'), operator: derToPem(certificate, 'CERTIFICATE') };
  for (const [name, pem] of Object.entries(files)) writeFileSync(join(directory, 'data', `${name}.crt`), pem);
  writeFileSync(join(directory, 'data', 'operator.key'), key, { mode: 0o600 });
  process.chdir(directory);
  for (const command of commands) {
    const { said } = await execute([...command, '--help'], {});
    const flags = [...new Set(said.match(/--[a-z][a-z-]+/g) ?? [])].filter((flag) => flag !== '--help');
    options.set(command.join(' '), flags);
  }
});
afterAll(() => {
  process.chdir(before);
  rmSync(directory, { recursive: true, force: true });
});

/** The command line in this process, without a terminal; no service is started. */
const execute = async (argv: readonly string[], env: Line['env']): Promise<{ code: number; said: string }> => {
  let said = '';
  const context: CliContext = {
    env,
    out: (text) => void (said += text),
    err: (text) => void (said += text),
    colour: false,
    interactive: false,
    columns: 100,
    now: () => now,
    ask: () => Promise.resolve(''),
    signal: AbortSignal.timeout(20_000),
  };
  const code = await run(argv, context, () => {
    throw new Error('no service is started here');
  });
  return { code, said };
};

interface Line {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What lies in `input`, base64. */
  readonly file: string;
}

const commands = [
  ...['issue', 'renew', 'list', 'show', 'history', 'revoke', 'hold', 'release', 'whoami', 'rotate'].map((name) => [
    name,
  ]),
  ...[
    ['crl', 'fetch'],
    ['crl', 'show'],
    ['ocsp', 'check'],
    ['identity', 'register'],
    ['identity', 'list'],
  ],
  ...[
    ['issuer', 'list'],
    ['issuer', 'show'],
    ['token', 'create'],
    ['token', 'list'],
    ['ledger', 'tail'],
  ],
];
/** Of each command, as its own help names them. */
const options = new Map<string, readonly string[]>();

const likely = ['input', 'data/operator.crt', '01'.repeat(17), 'spiffe://cluster.local/ns/a/sa/b', 'f'.repeat(16)];
/** What fits an option; the others take none, or anything. */
const fitting: Readonly<Record<string, string>> = {
  '--url': 'https://127.0.0.1:1',
  '--public-url': 'http://127.0.0.1:1',
  '--data': 'data',
  '--ca': 'data/root.crt',
  '--cert': 'data/operator.crt',
  '--key': 'data/operator.key',
  '--csr': 'input',
  '--ttl': '24h',
  '--limit': '7',
  '--reason': 'keyCompromise',
  '--role': 'admin',
  '--profile': 'workload',
  '--dns': 'a.example',
  '--ip': '10.0.0.1',
  '--out': 'out',
};
const values = [
  ...['input', 'data', 'missing', '/dev/null', directory, '', ' ', '-1', '0', '1e9', 'NaN', '24h', '99999999999d'],
  ...['https://127.0.0.1:1', 'http://127.0.0.1:1', 'ftp://x', 'https://[::1', 'not a url', 'keyCompromise', 'admin'],
  ...['spiffe://cluster.local/ns/a/sa/b', 'spiffe://', '01'.repeat(17), '0x01:02', 'é💥', '\u202e', 'a'.repeat(9_000)],
  ...['../../x', '$(id)', '`id`', '%s%n', '--json', '\n\r\t'],
];

const lineFor = (random: Random): Line => {
  const command = random.pick(commands);
  const known = options.get(command.join(' ')) ?? [];
  const argv = [...command];
  for (let count = random.pick([0, 1, 1, 1, 2]); count > 0; count--)
    argv.push(random.pick(random.next() < 0.8 ? likely : values));
  for (let count = random.between(0, 3); count > 0 && known.length > 0; count--) {
    const flag = random.pick(known);
    argv.push(flag);
    if (random.next() < 0.3) argv.push(random.pick(values));
    else if (fitting[flag] !== undefined) argv.push(fitting[flag]);
  }
  if (random.next() < 0.1) argv.push(random.pick(['--no-such', '-', '--', '-x', '--help', '--json']));
  if (random.next() < 0.1) argv.splice(random.between(0, argv.length), 1);
  const env: Record<string, string> = { CARTULARY_URL: 'https://127.0.0.1:1', CARTULARY_DATA: 'data' };
  if (random.next() < 0.3) {
    env[random.pick(['CARTULARY_URL', 'CARTULARY_DATA', 'CARTULARY_CA', 'CARTULARY_CERT', 'CARTULARY_KEY'])] =
      random.pick(values);
  }
  const der = mutateDer(seeds, random);
  const label = random.pick(['CERTIFICATE', 'CERTIFICATE REQUEST', 'X509 CRL', 'PRIVATE KEY'] as const);
  const file = random.next() < 0.5 ? der : Buffer.from(derToPem(der, label));
  return { argv, env, file: file.toString('base64') };
};

// What an unforeseen error looks like to the person at the keyboard.
const unforeseen =
  /TypeError|RangeError|ReferenceError|Cannot read propert|is not a function|\n\s+at .+:\d+:\d+|\[object Object\]/;

describe('the command line', () => {
  it('understands arguments, variables and files, or says why not', async () => {
    const { slowestMs } = await fuzz({
      name: 'command line',
      inputs: [200, 4_000],
      make: (random) => Buffer.from(JSON.stringify(lineFor(random))),
      check: async (input) => {
        const { argv, env, file } = JSON.parse(input.toString()) as Line;
        writeFileSync(join(directory, 'input'), Buffer.from(file, 'base64'));
        const { code, said } = await execute(argv, env);
        expect(codes, said).toContain(code);
        expect(said).not.toMatch(unforeseen);
        if (code !== 0) expect(said.trim()).not.toBe('');
        return `exit ${code}`;
      },
    });
    expect(slowestMs).toBeLessThan(PATIENCE_MS);
  });
});

describe('a service that is started', () => {
  const main = join(before, 'apps', 'standalone', 'dist', 'main.js');
  const start = (env: Readonly<Record<string, string>>): Promise<{ code: number; output: string }> =>
    new Promise((resolve) =>
      execFile(
        process.execPath,
        [main],
        { cwd: directory, env: { PATH: process.env['PATH'], ...env }, timeout: PATIENCE_MS },
        (error, out, err) =>
          resolve({ code: error ? (typeof error.code === 'number' ? error.code : -1) : 0, output: out + err }),
      ),
    );
  const keys = [
    'CARTULARY_HTTPS_PORT',
    'CARTULARY_DATABASE_URL',
    'CARTULARY_TRUST_DOMAIN',
    'CARTULARY_PUBLIC_URL',
    'CARTULARY_CRL_VALIDITY',
    'CARTULARY_LOG_LEVEL',
  ];
  const wrong = ['', 'x', '-1', '70000', '1e400', 'http://', 'a b', '\u0001', '🔥', '{"a":1}', 'null', '999999999999h'];

  it('names what is wrong with its configuration, variables and file, and ends with 78', async () => {
    await fuzz({
      name: 'configuration',
      inputs: [6, 200],
      make: (random) => {
        const file = random.bytes(random.between(1, 200)).toString('latin1');
        const text = random.pick([file, '{', '[]', '{"http":5}', '{"__proto__":{}}', `${'['.repeat(20_000)}`]);
        return Buffer.from(JSON.stringify({ key: random.pick(keys), value: random.pick(wrong.slice(1)), text }));
      },
      check: async (input) => {
        const { key, value, text } = JSON.parse(input.toString()) as { key: string; value: string; text: string };
        const config = join(directory, 'cartulary.json');
        writeFileSync(config, text);
        // One key is wrong for certain, so that nothing is ever started.
        const env = {
          CARTULARY_DATA: directory,
          CARTULARY_CONFIG: config,
          [key]: value,
          CARTULARY_PUBLIC_PORT: 'none',
        };
        const { code, output } = await start(env);
        expect(code, output).toBe(78);
        expect(output).not.toMatch(unforeseen);
        return 'exit 78';
      },
    });
  });
});
