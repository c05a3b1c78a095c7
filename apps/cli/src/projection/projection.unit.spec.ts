import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ProjectionGeneration } from '@cartulary/contracts';
import { cartulary, type Result, type Setting } from '../command-line.fixture.spec.js';
import { type FakeService, startFakeService } from '../fake-service.fixture.spec.js';
import { cart, certificate, event, identity, serial } from '../samples.fixture.spec.js';

let service: FakeService;
const at = (line: string, setting: Setting = {}): Promise<Result> =>
  cartulary(line.split(' ').filter(Boolean), {
    ...setting,
    env: { CARTULARY_URL: service.url, CARTULARY_DATA: service.data },
  });

beforeAll(async () => {
  service = await startFakeService();
});
afterAll(() => service.close());
beforeEach(() => void (service.asked.length = 0));

const generation = (more: Partial<ProjectionGeneration> = {}): ProjectionGeneration => ({
  generation: 2,
  status: 'building',
  version: 1,
  reason: 'ordered',
  startedBy: 'token/admin',
  startedAt: '2026-11-22T11:59:00.000Z',
  position: 500,
  events: 500,
  eventsPerSecond: 12_000,
  skipped: [],
  ...more,
});
const [now, before] = ['ab'.repeat(32), 'cd'.repeat(32)];
const comparison = (previousChecksum: string) => ({
  position: 990,
  same: previousChecksum === now,
  tables: [{ table: 'certificates', rows: 900, checksum: now, previousRows: 900, previousChecksum }],
});
const answering = (...states: ProjectionGeneration[]) => {
  const next = [...states];
  service.on('listProjections', () => {
    const state = next.length > 1 ? next.shift()! : next[0]!;
    return { projections: [{ name: 'inventory', version: 1, position: 1_000, lag: 3, generations: [state] }] };
  });
};

describe('projection list', () => {
  it('says how far each knows and how it was built', async () => {
    answering(generation({ status: 'active', comparison: comparison(now) }));
    const { out } = await at('projection list');
    expect(out).toContain('inventory  at position 1000, 3 events behind\n');
    expect(out).toMatch(/^ +2 {2}active +1 .* ordered +500 +12000 {2}the same$/m);
  });
});

describe('projection rebuild', () => {
  it('shows the progress, and what the comparison said', async () => {
    service.on('rebuildProjection', generation());
    const done = generation({ status: 'active', position: 1_000, events: 1_000, comparison: comparison(now) });
    answering(generation(), generation({ status: 'following', position: 999 }), done);
    const { code, out, err } = await at('projection rebuild');
    expect(code).toBe(0);
    expect(service.asked[0]).toMatchObject({ operationId: 'rebuildProjection', params: { name: 'inventory' } });
    expect(err.split('\n')).toEqual([
      'building: position 500 of 1000 (50 %), 12000 events/s',
      'following: position 999 of 1000 (99 %), 12000 events/s',
      'active: position 1000 of 1000 (100 %), 12000 events/s',
      '',
    ]);
    expect(out.split('\n')).toEqual([
      '✓ Rebuilt inventory: generation 2 from 1000 events, 12000 events/s',
      '  at position 990: the same content as before',
      `    certificates        900  ${now.slice(0, 16)}`,
      '',
    ]);
  });

  it('says where the old one was wrong, and what was left out', async () => {
    service.on('rebuildProjection', generation());
    answering(generation({ status: 'retired', comparison: comparison(before), skipped: [7] }));
    const { code, out } = await at('projection rebuild');
    expect(code).toBe(0);
    expect(out).toContain('not what was there before');
    expect(out).toContain(`(900 before, ${before.slice(0, 16)})`);
    expect(out).toContain('events 7');
  });

  it('only begins it when told so, and ends ill when it was given up or refused', async () => {
    service.on('rebuildProjection', generation());
    expect(await at('projection rebuild --no-wait')).toMatchObject({
      code: 0,
      out: '✓ Begun: generation 2 of inventory\n',
    });
    answering(generation({ status: 'failed', failure: '101 events could not be folded' }));
    expect(await at('projection rebuild')).toMatchObject({
      code: 1,
      err: expect.stringContaining('101 events') as string,
    });
    service.on('rebuildProjection', 'PROJECTION_BEING_REBUILT');
    const refused = await at('projection rebuild');
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('`cartulary projection list`');
  });

  it('gives programs the JSON alone', async () => {
    service.on('rebuildProjection', generation());
    answering(generation({ status: 'active' }));
    const { out, err } = await at('projection rebuild --json');
    expect(JSON.parse(out)).toMatchObject({ generation: 2, status: 'active' });
    expect(err).toBe('');
  });
});

describe('the past, and other lists', () => {
  it('are asked for as they are written', async () => {
    service.on('listCertificates', { certificates: [certificate({ node: 'node-7' })], position: 9 });
    service.on('getCertificate', certificate({ node: 'node-7' }));
    service.on('listIdentities', { identities: [], position: 9 });
    service.on('getIdentity', identity());
    service.on('listIssuers', { issuers: [], position: 9 });
    service.on('listPublications', { publications: [], position: 9 });
    service.on('listEvents', { events: [event(5, 'KeyBlocked')], next: 5, position: 9 });
    await at('list --node node-7 --as-of 4711');
    expect((await at(`show ${serial} --as-of 2026-11-22T12:00:00Z`)).out).toMatch(/^node +node-7$/m);
    await at('identity list --as-of 3');
    await at(`identity show ${cart} --as-of 3`);
    await at('issuer list --as-of 3');
    await at('publication list --issuer 9f86d081884c7d65');
    const events = await at('ledger events --after 4 --type KeyBlocked --limit 1');
    expect(events.out).toContain('KeyBlocked');
    expect(events.err).toBe('The ledger goes on to 9: --after 5\n');
    expect(service.asked.map(({ operationId, query }) => [operationId, query])).toEqual([
      ['listCertificates', { node: 'node-7', asOf: '4711', limit: 50 }],
      ['getCertificate', { asOf: '2026-11-22T12:00:00Z' }],
      ['listIdentities', { asOf: '3', limit: 100 }],
      ['getIdentity', { asOf: '3' }],
      ['listIssuers', { asOf: '3', limit: 100 }],
      ['listPublications', { issuerId: '9f86d081884c7d65', limit: 20 }],
      ['listEvents', { after: 4, type: 'KeyBlocked', limit: 1, wait: 0 }],
    ]);
  });
});
