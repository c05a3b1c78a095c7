import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createCsr, derToPem, generatePrivateKey } from '@cartulary/x509';
import type { Diagnostics, Issuer } from '@cartulary/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cartulary, type Setting } from '../command-line.fixture.spec.js';
import { type FakeService, freePort, startFakeService } from '../fake-service.fixture.spec.js';
import { MiniCa } from '../mini-ca.fixture.spec.js';
import { cart } from '../samples.fixture.spec.js';
import { judgeDisk } from './check-disk.js';
import type { Finding } from './finding.js';

const time = (ms = 0): string => new Date(Date.now() + ms).toISOString();
const hour = 3_600_000;

const diagnostics = (more: Partial<Diagnostics['database']> = {}, kafka?: Diagnostics['kafka']): Diagnostics => ({
  ...{ time: time(), runtime: 'Node 24.21.0', position: 40 },
  settings: {
    ...{ clockSkew: 300, crlRefresh: 3_600, crlValidity: 86_400 },
    ...{ ocspValidity: 3_600, epochLength: 2_592_000, epochLead: 60 },
  },
  database: {
    ...{ version: '17.6', major: 17, time: time(), standby: false, size: 9_000_000 },
    ...{ connections: 12, maxConnections: 100, fsync: 'on', synchronousCommit: 'on', fullPageWrites: 'on' },
    ...{ walLevel: 'replica', archiveMode: 'off', ...more },
  },
  ...(kafka ? { kafka } : {}),
});

let service: FakeService;
let ca: MiniCa;
beforeAll(async () => {
  [service, ca] = await Promise.all([startFakeService(), MiniCa.start()]);
  appendFileSync(join(service.data, 'root.crt'), derToPem(ca.root, 'CERTIFICATE'));
  const csr = await createCsr(await generatePrivateKey('ecdsa-p256'), { uris: [cart] });
  await ca.issue(derToPem(csr, 'CERTIFICATE REQUEST'));
});
afterAll(() => Promise.all([service.close(), ca.close()]));

const withPrepared = (issuers: readonly Issuer[], more: Partial<Issuer> = {}): Issuer[] => {
  const [root, intermediate, issuer] = issuers as [Issuer, Issuer, Issuer];
  return [
    root,
    intermediate,
    ...(['workload', 'server', 'system'] as const).flatMap((purpose): Issuer[] => {
      if (purpose === 'workload')
        return [issuer, { ...issuer, issuerId: 'aaaaaaaaaaaaaaaa', status: 'prepared', epoch: 2, ...more }];
      const { crlUrl: _, ...elsewhere } = issuer;
      return [{ ...elsewhere, purpose, issuerId: `${purpose === 'server' ? 'b' : 'c'}`.repeat(16), imported: true }];
    }),
  ];
};
const anchorOf = ({ issuerId, notBefore, notAfter, certificate }: Issuer) => ({
  ...{ issuerId, notBefore, notAfter, certificate },
});
const bundleOf = (root: Issuer) => ({
  ...{ trustDomain: 'cluster.local', roots: [anchorOf(root)], systemRoots: [anchorOf(root)] },
  ...{ pem: root.certificate, position: 3 },
});
const tell = (issuers: readonly Issuer[]): void => service.on('listIssuers', () => ({ issuers, position: 40 }));

beforeEach(() => {
  ca.late = 0;
  const issuers = ca.issuers();
  tell(withPrepared(issuers));
  service.on('whoAmI', caller(72 * hour));
  service.on('getTrustBundle', bundleOf(issuers[0]!));
  service.on('getDiagnostics', diagnostics());
  service.on('getReadiness', { ready: true, checks: { ledger: { ok: true, ms: 1 } } });
  service.on('getLiveness', { status: 'alive' });
  service.on('getMetrics', 'FORBIDDEN');
  service.on('listDeadLetters', { deadLetters: [] });
  service.on('listProjections', { projections: [projection()] });
  service.on('listCertificates', () => ({ certificates: [...ca.issued.values()].map(shown), position: 40 }));
});
const caller = (life: number): object => ({
  ...{ id: 'token/doctor', kind: 'token', credential: 'token:k3v9x0q2m7ab', trustDomain: 'cluster.local' },
  ...{ role: 'admin', permissions: ['diagnostics:read'], expiresAt: time(life) },
});
const deadLetter = {
  ...{ id: 'inventory/7', group: 'inventory', service: 'inventory', replayable: true, position: 7 },
  ...{ stream: 'key-ab', type: 'KeyBlocked', reason: 'Error: no', attempts: 5, setAsideAt: '2026-11-22T12:00:00.000Z' },
};
const shown = ({ events: _, ...certificate }: { events: string[] }): object => certificate;
const projection = (lag = 0, status = 'active'): object => ({
  ...{ name: 'inventory', version: 1, position: 40, lag },
  generations: [
    {
      ...{ generation: 1, status, version: 1, reason: 'first', startedBy: 'service', startedAt: time() },
      ...{ position: 40, events: 40, skipped: [] },
    },
  ],
});

interface Said {
  readonly code: number;
  readonly status: string;
  readonly findings: readonly Finding[];
}
/** `doctor --json`, at the real time: what it looks at is dated now. */
const doctor = async (setting: Setting = {}, args: readonly string[] = []): Promise<Said> => {
  const env = { CARTULARY_URL: service.url, CARTULARY_DATA: service.data, ...setting.env };
  const { code, out, err } = await cartulary(['doctor', '--json', ...args], { now: () => new Date(), ...setting, env });
  if (out === '') throw new Error(err);
  return { code, ...(JSON.parse(out) as Omit<Said, 'code'>) };
};
/** Every check but the one that is meant is well; that one says so, and what to do. */
const expectOnly = async (
  check: string,
  status: Finding['status'],
  seen: string | RegExp,
  args: readonly string[] = [],
): Promise<void> => {
  const { code, findings, status: whole } = await doctor({}, args);
  const wrong = findings.filter((finding) => finding.status !== 'ok');
  expect(wrong).not.toEqual([]);
  for (const finding of wrong) {
    expect(finding).toMatchObject({ check, status, seen: expect.stringMatching(seen), hint: expect.any(String) });
  }
  expect([whole, code]).toEqual([status, status === 'failed' ? 1 : 0]);
};
const change = (more: Partial<Issuer>, of: Issuer['status'] = 'active'): void =>
  tell(
    withPrepared(ca.issuers()).map((issuer) =>
      issuer.purpose === 'workload' && issuer.status === of ? { ...issuer, ...more } : issuer,
    ),
  );

describe('doctor', () => {
  it('finds nothing where all is well, and looks at all of it', async () => {
    const { code, status, findings } = await doctor();
    expect(findings.filter((finding) => finding.status !== 'ok')).toEqual([]);
    expect([code, status]).toEqual([0, 'ok']);
    const looked = [
      'REST',
      'clock',
      'readiness',
      'roots',
      'chain',
      'epoch',
      'CRL',
      'OCSP',
      'lag',
      'dead letters',
      'database',
    ];
    expect([...new Set(findings.map(({ check }) => check))]).toEqual(looked);
  });

  it('shows people a line for each, a hint below what is not well, and the sum', async () => {
    service.on('getDiagnostics', diagnostics({ fsync: 'off' }));
    const env = { CARTULARY_URL: service.url, CARTULARY_DATA: service.data };
    const { code, out } = await cartulary(['doctor'], { now: () => new Date(), env });
    expect(code).toBe(1);
    expect(out).toMatch(/^✓ clock +agrees with the server’s/m);
    expect(out).toMatch(/^✗ database +fsync = off\n {2}→ Set fsync = on/m);
    expect(out).toMatch(/\n\d+ ok, 1 failed\n$/);
  });

  it('asks nobody further when the service is not there', async () => {
    const url = `https://127.0.0.1:${await freePort()}`;
    const { code, findings } = await doctor({ env: { CARTULARY_URL: url } });
    expect(findings).toMatchObject([
      { check: 'REST', status: 'failed', seen: expect.stringContaining('nothing listens') },
    ]);
    expect(code).toBe(1);
  });

  it('does not take what it may not see for wrong', async () => {
    service.on('getDiagnostics', 'FORBIDDEN');
    await expectOnly('database', 'warning', /^not looked at/);
  });
});

describe('a check shows', () => {
  it.each([
    [-hour, /behind/, 'failed'],
    [20_000, /ahead/, 'warning'],
  ] as const)('a clock that is off by %d ms', async (shift, seen, status) => {
    const { findings } = await doctor({ now: () => new Date(Date.now() + shift) });
    expect(findings.find(({ check }) => check === 'clock')).toMatchObject({
      status,
      seen: expect.stringMatching(seen),
    });
  });

  it('a credential that ends soon', async () => {
    service.on('whoAmI', caller(hour));
    await expectOnly('REST', 'warning', /credential ends/);
  });

  it('a service that is not ready, also one more', async () => {
    service.on('getReadiness', {
      ready: false,
      checks: { 'responder-crls': { ok: false, ms: 1, detail: 'CRL_EXPIRED' } },
    });
    await expectOnly('readiness', 'failed', 'not ready: responder-crls CRL_EXPIRED');
    const url = `https://127.0.0.1:${await freePort()}`;
    const { findings } = await doctor({}, ['--service-url', url]);
    const about = findings.filter(({ check }) => check === 'readiness');
    expect(about).toMatchObject([
      { about: service.url },
      { about: url, seen: expect.stringContaining('nothing listens') },
    ]);
  });

  it('a root that ends soon, and one that is over', async () => {
    const [root] = ca.issuers() as [Issuer];
    const bundle = bundleOf(root);
    const ending = (ms: number) => ({ ...bundle, systemRoots: [{ ...bundle.systemRoots[0]!, notAfter: time(ms) }] });
    service.on('getTrustBundle', ending(hour / 20));
    await expectOnly('roots', 'warning', /^ends/);
    service.on('getTrustBundle', ending(-hour));
    await expectOnly('roots', 'failed', /^ended/);
  });

  it('a root that relying parties do not get, and one that is not in the file here', async () => {
    const [root] = ca.issuers() as [Issuer];
    const bundle = bundleOf(root);
    const other = readFileSync(join(service.data, 'operator.crt'), 'utf8');
    service.on('getTrustBundle', {
      ...bundle,
      roots: [...bundle.roots, { ...bundle.roots[0]!, issuerId: 'd'.repeat(16), certificate: other }],
    });
    const { findings } = await doctor();
    expect(findings.filter(({ check, status }) => check === 'roots' && status !== 'ok')).toMatchObject([
      { status: 'failed', seen: '1 of the ledger’s roots missing, 0 that it has not', about: `${ca.url}/bundle.json` },
      { status: 'warning', seen: `lacks ${'d'.repeat(16)}`, about: join(service.data, 'root.crt') },
    ]);
  });

  it('a chain that leads nowhere', async () => {
    change({ chain: '' });
    await expectOnly('chain', 'failed', /no path leads to a trust anchor/);
  });

  it('an intermediate that ends soon', async () => {
    tell(
      withPrepared(ca.issuers()).map((issuer) =>
        issuer.purpose === 'intermediate' ? { ...issuer, notAfter: time(hour / 20) } : issuer,
      ),
    );
    await expectOnly('chain', 'warning', /^ends/);
  });

  it('that nobody issues, that none follows, that the next is not ready, and an epoch that is overdue', async () => {
    change({ status: 'retiring' });
    await expectOnly('epoch', 'failed', /nothing is issued/);
    change({ status: 'retired' }, 'prepared');
    await expectOnly('epoch', 'warning', /none is prepared/);
    change({ activatedAt: time(-31 * 24 * hour) });
    await expectOnly('epoch', 'warning', /should have ended 24 h ago/);
    const { findings } = (change({ crl: undefined as never }, 'prepared'), await doctor());
    expect(findings.find(({ check, status }) => check === 'epoch' && status === 'warning')?.seen).toMatch(/is not out/);
  });

  it('a CRL that is nowhere, expired, behind, of another issuer, or near its end', async () => {
    const [, , { crl }] = ca.issuers() as [Issuer, Issuer, Issuer];
    change({ crlUrl: `http://127.0.0.1:${await freePort()}/crl/x.crl` });
    await expectOnly('CRL', 'failed', /nothing listens there/, ['--public-url', ca.url]);
    change({ crl: { ...crl!, number: 99 } });
    await expectOnly('CRL', 'failed', /^number 10, but 99 was published/);
    change({ crl: { ...crl!, number: 99, publishedAt: time() } });
    await expectOnly('CRL', 'warning', /^number 10, but 99 was published/);
    change({ certificate: ca.issuers()[1]!.certificate });
    const { findings } = await doctor();
    expect(findings.find(({ check, status }) => check === 'CRL' && status === 'failed')?.seen).toMatch(
      /of another issuer/,
    );
    tell(withPrepared(ca.issuers()));
    ca.late = 20 * hour;
    expect((await doctor()).findings.find(({ check }) => check === 'CRL')).toMatchObject({ status: 'warning' });
    ca.late = 25 * hour;
    expect((await doctor()).findings.find(({ check }) => check === 'CRL')).toMatchObject({
      status: 'failed',
      seen: expect.stringMatching(/^expired/),
    });
  });

  it('an OCSP answer that is old, of nobody’s delegate, or says what the ledger does not', async () => {
    ca.late = 400_000; // less the 300 s that it is backdated by
    await expectOnly('OCSP', 'warning', /^good, \d+ min/);
    ca.late = 0;
    const [serial] = ca.issued.keys();
    ca.revoke(serial!, 'keyCompromise');
    await expectOnly('OCSP', 'failed', /^revoked for/);
    ca.release(serial!);
    change({ certificate: ca.issuers()[1]!.certificate });
    const { findings } = await doctor();
    expect(findings.find(({ check, status }) => check === 'OCSP' && status === 'failed')).toBeDefined();
  });

  it('readers that are behind, by lists and by metrics', async () => {
    service.on('listProjections', { projections: [projection(2_000)] });
    await expectOnly('lag', 'warning', '2000 events behind the ledger');
    service.on('listProjections', { projections: [projection(0, 'failed')] });
    await expectOnly('lag', 'failed', /no generation is active/);
    service.on('listProjections', { projections: [projection()] });
    service.on('getMetrics', () => 'cartulary_rotation_lag_events 200000\n');
    await expectOnly('lag', 'failed', '200000 events behind');
    service.on('getMetrics', () => '# HELP x\ncartulary_responder_freshness_age_seconds{replica="a"} 2e3\n');
    await expectOnly('lag', 'warning', 'last news 2000.0 s ago');
  });

  it('dead letters', async () => {
    service.on('listDeadLetters', { deadLetters: [deadLetter] });
    await expectOnly('dead letters', 'warning', '1 of inventory');
  });

  it.each([
    [{ fsync: 'off' }, 'failed', 'fsync = off'],
    [{ synchronousCommit: 'off' }, 'failed', 'synchronous_commit = off'],
    [{ fullPageWrites: 'off' }, 'failed', 'full_page_writes = off'],
    [{ major: 14, version: '14.9' }, 'failed', 'Postgres 14.9'],
    [{ standby: true }, 'failed', 'standby'],
    [{ walLevel: 'minimal' }, 'warning', 'wal_level = minimal'],
    [{ connections: 90 }, 'warning', '90 of 100 connections'],
    [{ time: time(60_000) }, 'warning', 'clock'],
  ] as const)('a database with %j', async (setting, status, seen) => {
    service.on('getDiagnostics', diagnostics(setting));
    await expectOnly('database', status, seen);
  });

  it('brokers that are away, and a relay that nobody is', async () => {
    const relay = { active: true, position: 40, lag: 0 };
    service.on('getDiagnostics', diagnostics({}, { reachable: true, brokers: 3, relay }));
    expect((await doctor()).findings.filter(({ check }) => check === 'Kafka')).toMatchObject([
      { about: 'brokers', status: 'ok', seen: '3 reachable' },
      { about: 'relay', status: 'ok' },
    ]);
    service.on('getDiagnostics', diagnostics({}, { reachable: false, brokers: 0, reason: 'ECONNREFUSED', relay }));
    await expectOnly('Kafka', 'failed', 'ECONNREFUSED');
    const none = { active: false, position: 12, lag: 28 };
    service.on('getDiagnostics', diagnostics({}, { reachable: true, brokers: 3, relay: none }));
    await expectOnly('Kafka', 'failed', 'none is active');
  });

  it('a disk that is nearly full, where the data directory is here', async () => {
    const gib = 2 ** 30;
    expect(judgeDisk('/data', 100 * gib, 200 * gib)).toMatchObject({ status: 'ok', seen: '100 GiB of 200 GiB free' });
    expect(judgeDisk('/data', 5 * gib, 200 * gib)).toMatchObject({ status: 'warning' });
    expect(judgeDisk('/data', gib / 8, 200 * gib)).toMatchObject({ status: 'failed', seen: '128 MiB of 200 GiB free' });
    mkdirSync(join(service.data, 'keys'));
    expect((await doctor()).findings[0]).toMatchObject({ check: 'disk', about: service.data });
    rmSync(join(service.data, 'keys'), { recursive: true });
  });
});
