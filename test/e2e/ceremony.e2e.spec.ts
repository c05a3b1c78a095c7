import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePorts } from '@cartulary/testing';
import type { CeremonyManifest, CeremonyPlan } from '@cartulary/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activeOf, issuersOf, standbyOf } from '../support/epochs.js';
import { type Court, issue, openCourt, timed } from '../support/interop.js';
import { crlNumberIn } from '../support/interop-openssl.js';

const cli = fileURLToPath(new URL('../../apps/cli/bin/cartulary.mjs', import.meta.url));
const PATIENCE_MS = 60_000;

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const run = (command: string, args: readonly string[]): Promise<Ran> =>
  new Promise((resolve) =>
    // Nothing of ours is in the environment: no database, no service.
    execFile(command, args, { env: { PATH: process.env['PATH'] ?? '', HOME: tmpdir() } }, (error, out, err) =>
      resolve({ code: error ? (typeof error.code === 'number' ? error.code : -1) : 0, out, err }),
    ),
  );

/** How a command is run where there is no network; undefined where this machine doesn't let us. */
const isolation = async (): Promise<readonly string[] | undefined> => {
  for (const flags of ['-n', '-rn']) if ((await run('unshare', [flags, 'true'])).code === 0) return ['unshare', flags];
  return undefined;
};

const until = async <Answer>(ask: () => Promise<Answer>, isIt: (answer: Answer) => boolean): Promise<Answer> => {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (isIt(answer) || performance.now() > deadline) return answer;
    await sleep(50);
  }
};

// A root that was made on another machine and has gone to the safe; openssl is the judge.
describe('a ceremony, and the system that lives on it', () => {
  let scratch: string;
  let court: Court | undefined;
  let ports: readonly number[];
  let offline: readonly string[];
  const path = (name: string): string => join(scratch, name);
  const passphrase = (name: string): string => {
    writeFileSync(path(name), `a passphrase for the ${name}\n`, { mode: 0o600 });
    return path(name);
  };
  const ceremony = (...args: string[]): Promise<Ran> => {
    const [command = '', ...rest] = [...offline, 'sh', '-c', 'cat /proc/self/net/dev >&2; exec "$@"', 'sh'];
    return run(command, [...rest, process.execPath, cli, 'ceremony', ...args]);
  };
  const manifest = (): CeremonyManifest =>
    JSON.parse(readFileSync(path('out/ceremony.json'), 'utf8')) as CeremonyManifest;
  const rootId = (): string => manifest().root.keyHash.slice(0, 16);

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'cartulary-ceremony-'));
    const found = await isolation();
    if (!found) console.log('unshare -n is not allowed here: the ceremony is held beside a network');
    offline = found ?? [];
    ports = await freePorts(1);
  });
  afterAll(async () => {
    await court?.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  it('is planned, held and checked without network or database', { timeout: 180_000 }, async () => {
    const planned = await ceremony(
      ...['plan', '--public-url', `http://127.0.0.1:${ports[0]}`, '--out', path('plan.json')],
      ...['--epochs', '3', '--epoch', '30d', '--crl-every', '20d', '--crl-validity', '40d'],
    );
    expect([planned.code, planned.out]).toEqual([0, expect.stringContaining('workload-3')]);
    if (offline.length > 0) expect(planned.err.match(/^ *\S+:/gm)?.map((name) => name.trim())).toEqual(['lo:']);

    // People change what they have read: the second epoch, and the second date, come soon.
    const plan = JSON.parse(readFileSync(path('plan.json'), 'utf8')) as CeremonyPlan;
    const soon = `${new Date(Date.parse(plan.from) + 20_000).toISOString().slice(0, 19)}Z`;
    const issuers = plan.issuers.map((one) => (one.name === 'workload-2' ? { ...one, activeFrom: soon } : one));
    const crls = plan.crls.map((one, index) => (index === 1 ? { ...one, from: soon } : one));
    writeFileSync(path('plan.json'), JSON.stringify({ ...plan, issuers, crls }));

    const files = ['root', 'transport', 'seal'].flatMap((name) => [`--${name}-passphrase-file`, passphrase(name)]);
    const started = performance.now();
    const held = await ceremony(
      ...['run', '--plan', path('plan.json'), '--root', path('safe'), '--out', path('out')],
      ...['--witness', 'Ann', '--witness', 'Bob', '--yes', ...files],
    );
    expect([held.code, held.out]).toEqual([0, expect.stringContaining('Signed and checked')]);
    console.log(`the ceremony took ${Math.round(performance.now() - started)} ms`);
    const verified = await ceremony('verify', '--dir', path('out'), '--root-key-hash', manifest().root.keyHash);
    expect([verified.code, verified.out]).toEqual([0, expect.stringContaining('Ann, Bob')]);
    expect(manifest().sealed).toHaveLength(6 + 15);
    // To the safe: from here on nobody has the root's key.
    rmSync(path('safe'), { recursive: true });
  });

  it(
    'gives a running system its issuers, in their windows, and the root’s CRLs by date',
    { timeout: 180_000 },
    async () => {
      court = await openCourt({
        ...{ CARTULARY_PUBLIC_PORT: String(ports[0]), CARTULARY_PUBLIC_URL: `http://127.0.0.1:${ports[0]}` },
        ...{ CARTULARY_CEREMONY_DIRECTORY: path('out'), CARTULARY_CEREMONY_SEAL_PASSPHRASE_FILE: path('seal') },
        CARTULARY_CEREMONY_TRANSPORT_PASSPHRASE_FILE: path('transport'),
        ...{ CARTULARY_EPOCH_LEAD: '100ms', CARTULARY_ROTATION_INTERVAL: '200ms' },
      });
      const running = court;
      const names = new Map(manifest().issuers.map(({ keyHash, name }) => [keyHash.slice(0, 16), name]));
      // For a moment the projection may have heard of one half of the change.
      const active = () =>
        activeOf(running, 'workload').then(
          ({ issuerId }) => names.get(issuerId),
          () => undefined,
        );
      expect(await until(active, (name) => name === 'workload-2')).toBe('workload-2');
      expect(names.get((await activeOf(running, 'server')).issuerId)).toBe('server-1');
      expect(readdirSync(running.service.file('keys')).filter((name) => name.startsWith(rootId()))).toEqual([]);

      const rootCrl = async () => {
        const file = await running.judge.fetch('crl', `http://127.0.0.1:${ports[0]}/crl/${rootId()}.crl`);
        return running.judge.crl(file, running.judge.rootFile);
      };
      const second = manifest().crls[1]!.number;
      const { said } = await until(rootCrl, (crl) => crlNumberIn(crl.said) === second);
      expect([crlNumberIn(said), said]).toEqual([second, expect.stringContaining('verify OK')]);
      const root = (await issuersOf(running)).find(({ purpose }) => purpose === 'root');
      expect(root).toMatchObject({ issuerId: rootId(), status: 'active', imported: true });
    },
  );

  it('cuts off an epoch, and then another, by a CRL that was sealed', { timeout: 180_000 }, async () => {
    const running = court!;
    const { judge, rest } = running;
    const cut = await issue(running);
    const server = await issue(running, { profile: 'server' }, { subjectAltName: 'DNS:shop.example.com' });
    for (const path of [cut, server]) expect(await judge.verify(path)).toMatchObject({ code: 0 });
    const standby = await standbyOf(running, 'workload');

    await rest.post(`/v1/issuers/${cut.issuerId}/revocation`, { comment: 'drill' }).expect(201);
    const revoked = /error 23 at 1 depth lookup: certificate revoked/;
    const verdict = await timed(
      running,
      'an epoch of the ceremony, cut off without the root',
      () => judge.verify(cut),
      ({ said }) => revoked.test(said),
    );
    expect(verdict.said).toMatch(revoked);
    expect(await judge.verify(server)).toMatchObject({ code: 0 });
    const first = await issue(running);
    expect(first.issuerId).toBe(standby.issuerId);
    expect(await judge.verify(first)).toMatchObject({ code: 0 });

    await rest.post(`/v1/issuers/${server.issuerId}/revocation`).expect(201);
    const both = await until(
      () => judge.verify(server),
      ({ said }) => revoked.test(said),
    );
    expect(both.said).toMatch(revoked);
    expect((await judge.verify(cut)).said).toMatch(revoked);
    expect(await judge.verify(first)).toMatchObject({ code: 0 });
  });

  it(
    'signs an intermediate for a key that stays online, whose epochs are made and cut off there',
    { timeout: 180_000 },
    async () => {
      const data = path('data');
      mkdirSync(data, { mode: 0o711 });
      writeFileSync(join(data, 'keystore.passphrase'), 'of the key store online', { mode: 0o600 });
      const requested = await ceremony('request', 'intermediate-1', '--data', data, '--out', scratch);
      expect([requested.code, requested.out]).toEqual([0, expect.stringContaining('intermediate-1.csr')]);
      const [port] = await freePorts(1);
      const url = `http://127.0.0.1:${port}`;
      const one = [
        '--kind',
        'intermediate',
        '--epochs',
        '1',
        '--epoch',
        '700d',
        '--crl-every',
        '60d',
        '--crl-validity',
        '90d',
      ];
      const planned = await ceremony('plan', '--public-url', url, ...one, '--out', path('intermediate.json'));
      expect(planned.code).toBe(0);
      const files = ['root', 'seal'].flatMap((name) => [`--${name}-passphrase-file`, passphrase(name)]);
      const held = await ceremony(
        ...['run', '--plan', path('intermediate.json'), '--root', path('safe-2'), '--out', path('out-2'), '--yes'],
        ...['--request', `intermediate-1=${path('intermediate-1.csr')}`, ...files],
      );
      expect([held.code, held.out]).toEqual([0, expect.stringContaining('Signed and checked')]);
      expect(readdirSync(path('out-2'))).not.toContain('keys');
      rmSync(path('safe-2'), { recursive: true });

      const settings = {
        ...{ CARTULARY_PUBLIC_PORT: String(port), CARTULARY_PUBLIC_URL: url, CARTULARY_ROTATION_INTERVAL: '200ms' },
        ...{ CARTULARY_CEREMONY_DIRECTORY: path('out-2'), CARTULARY_CEREMONY_SEAL_PASSPHRASE_FILE: path('seal') },
      };
      const running = await openCourt(settings, data);
      try {
        const { judge, rest } = running;
        const [cut, other] = [
          await issue(running),
          await issue(running, { profile: 'server' }, { subjectAltName: 'DNS:a.example' }),
        ];
        await standbyOf(running, 'workload');
        for (const one of [cut, other]) expect(await judge.verify(one)).toMatchObject({ code: 0 });
        await rest.post(`/v1/issuers/${cut.issuerId}/revocation`).expect(201);
        const refused = /error 23 at 1 depth lookup: certificate revoked/;
        expect(
          (
            await until(
              () => judge.verify(cut),
              ({ said }) => refused.test(said),
            )
          ).said,
        ).toMatch(refused);
        expect(await judge.verify(other)).toMatchObject({ code: 0 });
      } finally {
        await running.close();
      }
    },
  );
});
