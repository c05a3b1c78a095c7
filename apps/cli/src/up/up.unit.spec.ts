import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cartulary, type Result } from '../command-line.fixture.spec.js';

const directory = mkdtempSync(join(tmpdir(), 'cartulary-up-'));
const seen = join(directory, 'seen.json');

/** A program in the service's place. */
const program = (name: string, body: string): string => {
  const path = join(directory, `${name}.mjs`);
  const record = `import { writeFileSync } from 'node:fs';
    writeFileSync(${JSON.stringify(seen)}, JSON.stringify({ env: process.env, args: process.argv.slice(2) }));`;
  writeFileSync(path, `${record}\n${body}`);
  return path;
};
const ready = `process.send({ type: 'ready', restUrl: 'https://127.0.0.1:9443', publicUrl: 'http://127.0.0.1:8080',
  dataDirectory: '/srv/ca', trustDomain: 'prod.example', firstStart: true, databaseUrl: 'postgres://db/x', issuers: [] });`;
const stays = `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000);`;
const serving = program('serving', `${stays} ${ready}`);
const initial = program('initial', `${ready} process.disconnect();`);

interface Seen {
  readonly env: Record<string, string>;
  readonly args: string[];
}
const whatItSaw = (): Seen => JSON.parse(readFileSync(seen, 'utf8')) as Seen;

/** Runs `up` until it has said everything, then stops it as Ctrl-C would. */
const up = (main: string, args: string[], env: Record<string, string> = {}): Promise<Result> => {
  const stop = new AbortController();
  const onOut = (text: string): void => {
    if (text.includes('Ctrl-C')) stop.abort();
  };
  return cartulary(['up', ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    signal: stop.signal,
    onOut,
    findMain: () => main,
  });
};

describe('up', () => {
  it('says where everything is and how the other commands get there', async () => {
    const { code, out, err } = await up(serving, []);
    expect(code).toBe(0);
    expect(out).toContain('prod.example');
    expect(out).toContain('First start');
    expect(out).toContain('/srv/ca: root.crt, operator.crt, operator.key');
    expect(out).toContain('export CARTULARY_DATA=/srv/ca CARTULARY_HTTPS_PORT=9443\n');
    expect(out).toContain('npx cartulary issue spiffe://prod.example/ns/shop/sa/cart');
    expect(err).toBe('Stopped.\n');
  });

  it('configures the service by environment, and passes on what it does not know', async () => {
    const given = ['--https-port', '9443', '--database-url', 'postgres://u:p@db/x', '--crl-validity', '2h'];
    await up(serving, given, { CARTULARY_TOKEN: 'secret', CARTULARY_TRUST_DOMAIN: 'a.example' });
    const { env, args } = whatItSaw();
    expect(env).toMatchObject({
      CARTULARY_HTTPS_PORT: '9443',
      CARTULARY_DATABASE_URL: 'postgres://u:p@db/x',
      CARTULARY_TRUST_DOMAIN: 'a.example',
    });
    expect(env).not.toHaveProperty('CARTULARY_TOKEN');
    expect(args).toEqual(['--crl-validity', '2h']);
  });

  it('says why a service is not up', async () => {
    const dies = await up(program('dies', 'process.exit(3);'), []);
    expect(dies).toMatchObject({
      code: 1,
      err: expect.stringContaining('before it was ready: it exited with 3') as string,
    });
    const failing = `process.send({ type: 'failed', message: 'port 8443 is taken' }, () => process.exit(1));`;
    const told = await up(program('failing', failing), []);
    expect(told).toMatchObject({
      code: 1,
      err: expect.stringContaining('could not start: port 8443 is taken') as string,
    });
    const misconfigured = await up(program('misconfigured', 'process.exit(78);'), []);
    expect(misconfigured).toMatchObject({ code: 78, err: expect.stringContaining('configuration') as string });
  });

  it('does not go on as if nothing had happened when the service dies', async () => {
    const main = program('killed', `${ready} setTimeout(() => process.kill(process.pid, 'SIGKILL'), 100);`);
    const { code, err } = await cartulary(['up'], { env: {}, findMain: () => main });
    expect(code).toBe(1);
    expect(err).toContain('killed by SIGKILL');
  });

  it('fails when the walk does', async () => {
    const { code, err, out } = await up(serving, ['--walk']);
    expect(err).toContain('/srv/ca/');
    expect(out).toContain('Ctrl-C stops it');
    expect(code).toBe(1);
  });
});

describe('init', () => {
  it('creates and exits', async () => {
    const { code, out } = await cartulary(['init', '--trust-domain', 'prod.example'], { findMain: () => initial });
    expect(code).toBe(0);
    expect(out).toContain('Created the trust domain prod.example');
    expect(whatItSaw()).toMatchObject({ args: ['--init-only'], env: { CARTULARY_TRUST_DOMAIN: 'prod.example' } });
  });

  it('hands on for which services it makes certificates, and says where they are', async () => {
    const { out } = await cartulary(['init', '--services', 'revocation,responder-a'], { findMain: () => initial });
    expect(out).toContain('/srv/ca/services: revocation,responder-a');
    expect(whatItSaw().args).toEqual(['--init-only', '--services', 'revocation,responder-a']);
  });

  it('says when it did not work', async () => {
    const main = program('refusing', 'process.exit(1);');
    expect(await cartulary(['init'], { findMain: () => main })).toMatchObject({ code: 1 });
  });
});
