import type { Incident, IncidentPreview } from '@cartulary/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cartulary, type Setting } from '../command-line.fixture.spec.js';
import { type FakeService, startFakeService } from '../fake-service.fixture.spec.js';

const incidentId = 'i4k8s2m0qz7d';
const identity = 'spiffe://cluster.local/ns/shop/sa/cart';
const incident = (progress: Partial<Incident['progress']> = {}, more: Partial<Incident> = {}): Incident => ({
  incidentId,
  status: 'running',
  selector: { node: 'node-7' },
  reason: 'keyCompromise',
  progress: { hit: 4, revoked: 0, alreadyRevoked: 0, expired: 0, remaining: 4, ...progress },
  requester: 'token/ops',
  declaredAt: '2026-11-22T12:00:00.000Z',
  position: 21,
  ...more,
});
const contained = incident(
  { revoked: 3, expired: 1, remaining: 0 },
  { status: 'contained', containedAt: '2026-11-22T12:00:00.000Z' },
);
const preview: IncidentPreview = {
  ...{ hit: 4, live: 3, alreadyRevoked: 0, expired: 1, descendants: 1, system: 2, tokens: 0, identityCount: 1 },
  identities: [{ identity, certificates: 4 }],
  sample: [
    { serial: '01ab', identity, issuerId: '9f86d081884c7d65', notAfter: '2026-11-22T13:00:00.000Z', descendant: true },
  ],
  position: 20,
};

let service: FakeService;
beforeAll(async () => {
  service = await startFakeService();
});
afterAll(() => service.close());
beforeEach(() => {
  service.asked.length = 0;
  const declared = incident({ hit: 0, remaining: 0 }, { status: 'declared' });
  service.on('declareIncident', ({ body }) =>
    (body as { dryRun?: boolean }).dryRun ? { preview } : { incident: declared },
  );
  const answers = [declared, incident(), incident({ revoked: 2, remaining: 2 }), contained];
  service.on('getIncident', () => answers.shift() ?? contained);
});
const at = (args: readonly string[], setting: Setting = {}) =>
  cartulary(args, { ...setting, env: { CARTULARY_URL: service.url, CARTULARY_DATA: service.data } });
const bodies = () =>
  service.asked.filter(({ operationId }) => operationId === 'declareIncident').map(({ body }) => body);
const declare = ['incident', 'declare', '--node', 'node-7', '--reason', 'keyCompromise'];

describe('incident declare', () => {
  it('shows what it would hit, and declares nothing', async () => {
    const { code, out } = await at([...declare, '--dry-run']);
    expect(code).toBe(0);
    expect(out).toMatch(/hit +4\nlive +3\nrevoked before +0\nexpired +1\ndescendants +1\nsystem +2\nidentities +1\n/);
    expect(out).toContain(`${identity}    4`);
    expect(out).toMatch(/01ab +in 60 min|01ab +in 1 h +descends/);
    expect(bodies()).toMatchObject([{ dryRun: true, selector: { node: 'node-7' } }]);
  });

  it('does not act where nobody can be asked, unless told so', async () => {
    expect(await at(declare)).toMatchObject({ code: 2 });
    expect(bodies()).toEqual([]);
  });

  it('tells with a line for each change, to the end', async () => {
    const { code, out } = await at([...declare, '--yes', '--comment', 'rooted']);
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      `✓ Declared ${incidentId}: node node-7. The gate is closed.`,
      'finding what is hit',
      '0 of 4 done, 4 remaining',
      '2 of 4 done, 2 remaining',
      '4 of 4 done, 0 remaining',
      `✓ Contained ${incidentId}: 3 of 4 revoked, 1 had expired`,
      '',
    ]);
    expect(bodies()).toMatchObject([{ reason: 'keyCompromise', comment: 'rooted', selector: { node: 'node-7' } }]);
  });

  it('asks on a terminal, and shows a bar', async () => {
    const { code, out, err } = await at(declare, { answer: 'y' });
    expect(code).toBe(0);
    expect(out).toContain('2 of them are operators’ and services’');
    expect(out).toContain(`✓ Contained ${incidentId}`);
    expect(err).toContain(`${'█'.repeat(12)}${'░'.repeat(12)}  50 % 2 of 4 done`);
    expect(bodies()).toMatchObject([{ dryRun: true }, { selector: { node: 'node-7' } }]);
    service.asked.length = 0;
    expect(await at(declare, { answer: 'n' })).toMatchObject({ code: 1 });
    expect(bodies()).toMatchObject([{ dryRun: true }]);
  });

  it('gives programs the end alone, or the beginning', async () => {
    expect(JSON.parse((await at([...declare, '--yes', '--json'])).out)).toEqual(contained);
    const begun = await at([...declare, '--yes', '--json', '--no-wait']);
    expect(JSON.parse(begun.out)).toMatchObject({ incidentId, status: 'declared' });
    expect(JSON.parse((await at([...declare, '--dry-run', '--json'])).out)).toEqual(preview);
  });

  it.each([
    [['--certificate', '01AB', '--issuer', '9f86d081884c7d65'], { serials: ['01ab'], issuerId: '9f86d081884c7d65' }],
    [['--key-hash', 'AB'.repeat(32)], { keyHash: 'ab'.repeat(32) }],
    [['--identity', identity], { identity }],
    [
      ['--namespace', 'shop', '--issued-from', '2026-11-22T12:00:00Z'],
      { namespace: 'shop', issuedBetween: { from: '2026-11-22T12:00:00Z' } },
    ],
  ])('selects by %j', async (args, selector) => {
    expect(await at(['incident', 'declare', ...args, '--dry-run'])).toMatchObject({ code: 0 });
    expect(bodies()).toMatchObject([{ selector }]);
  });

  it.each([[[]], [['--issued-to', '2026-11-22T12:00:00Z']], [['--node', 'n', '--reason', 'certificateHold']]])(
    'takes no %j',
    async (args) => {
      expect(await at(['incident', 'declare', '--yes', ...args])).toMatchObject({ code: 2 });
      expect(bodies()).toEqual([]);
    },
  );

  it('can be interrupted', async () => {
    const stop = new AbortController();
    service.on('getIncident', () => {
      stop.abort();
      return incident();
    });
    expect(await at([...declare, '--yes'], { signal: stop.signal })).toMatchObject({ code: 130 });
  });
});

describe('incident', () => {
  it('lists what was declared', async () => {
    service.on('listIncidents', { incidents: [incident({ revoked: 3, remaining: 1 })], nextCursor: 'abc' });
    const { out, err } = await at(['incident', 'list', '--status', 'open']);
    expect(out.split('\n')).toEqual([
      'INCIDENT ID   STATUS   DECLARED  REASON         HIT  REMAINING  WHAT',
      `${incidentId}  running  now       keyCompromise    4          1  node node-7`,
      '',
    ]);
    expect(err).toBe('There are more: --cursor abc\n');
  });

  it('shows one, and closes it', async () => {
    service.on('getIncident', { ...contained, comment: 'rooted' });
    const { out } = await at(['incident', 'show', incidentId]);
    expect(out).toMatch(/status +contained\n/);
    expect(out).toMatch(/comment +rooted\n/);
    expect(out).toMatch(/hit +4\nrevoked +3\nrevoked before +0\nexpired +1\nremaining +0\n/);
    service.on('closeIncident', { ...contained, status: 'closed' });
    expect(await at(['incident', 'close', incidentId, '--comment', 'over'])).toMatchObject({
      ...{ code: 0, out: `✓ Closed ${incidentId}: 3 of 4 revoked, 1 had expired\n` },
    });
    service.on('closeIncident', 'INCIDENT_NOT_CONTAINED');
    expect(await at(['incident', 'close', incidentId])).toMatchObject({ code: 1 });
  });
});
