import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cartulary } from '../command-line.fixture.spec.js';

const directory = mkdtempSync(join(tmpdir(), 'cartulary-service-'));
afterAll(() => rmSync(directory, { recursive: true }));
const seen = join(directory, 'seen.json');
const program = (name: string, body: string): string => {
  const path = join(directory, `${name}.mjs`);
  const record = `import { writeFileSync } from 'node:fs';
    writeFileSync(${JSON.stringify(seen)}, JSON.stringify({ env: process.env, args: process.argv.slice(2) }));`;
  writeFileSync(path, `${record}\n${body}`);
  return path;
};
const serving = program(
  'serving',
  `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000);
   process.send({ type: 'ready', restUrl: 'https://127.0.0.1:9443', publicPort: 8081 });`,
);

/** Runs the service until it has said where it is, then stops it as Ctrl-C would. */
const start = async (args: string[], main = serving) => {
  const stop = new AbortController();
  const asked: string[] = [];
  const result = await cartulary(args, {
    env: { PATH: process.env['PATH'] ?? '', CARTULARY_TOKEN: 'secret' },
    signal: stop.signal,
    onOut: (text) => (text.includes('serves') ? stop.abort() : undefined),
    findMain: (app) => {
      asked.push(app);
      return main;
    },
  });
  return { ...result, asked };
};

describe('a service apart', () => {
  it.each(['issuance', 'rotation', 'revocation', 'responder', 'inventory'])(
    '%s is started by its name',
    async (name) => {
      const { code, out, asked } = await start([name]);
      expect({ code, asked }).toEqual({ code: 0, asked: [name] });
      expect(out).toContain(`${name} serves https://127.0.0.1:9443, CRL and OCSP on port 8081`);
    },
  );

  it('is configured by environment, and gets what this command does not know', async () => {
    const given = ['--issuance-url', 'https://a:1,https://b:1', '--service-name', 'responder-a', '--heartbeat', '2s'];
    await start(['responder', '--database-url', 'postgres://u:p@db/x', ...given]);
    const { env, args } = JSON.parse(readFileSync(seen, 'utf8')) as { env: Record<string, string>; args: string[] };
    expect(env).toMatchObject({
      CARTULARY_ISSUANCE_URL: 'https://a:1,https://b:1',
      CARTULARY_SERVICE_NAME: 'responder-a',
      CARTULARY_DATABASE_URL: 'postgres://u:p@db/x',
    });
    expect(env).not.toHaveProperty('CARTULARY_TOKEN');
    expect(args).toEqual(['--heartbeat', '2s']);
  });

  it('that does not start says why', async () => {
    const main = program('failing', `process.send({ type: 'failed', message: 'no CA keys' }, () => process.exit(1));`);
    const { code, err } = await start(['issuance'], main);
    expect(code).toBe(1);
    expect(err).toContain('no CA keys');
  });
});
