import type { Rotation } from '@cartulary/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cartulary, type Setting } from '../command-line.fixture.spec.js';
import { type FakeService, startFakeService } from '../fake-service.fixture.spec.js';

const rotationId = 'r7c1t0p4w9xz';
const rotation = (progress: Partial<Rotation['progress']> = {}, more: Partial<Rotation> = {}): Rotation => ({
  rotationId,
  status: 'running',
  selector: { namespace: 'shop' },
  window: { start: '2026-11-22T12:00:00.000Z', end: '2026-11-22T12:10:00.000Z' },
  progress: { matched: 4, due: 4, replaced: 0, ended: 0, remaining: 4, ...progress },
  requester: 'token/ops',
  orderedAt: '2026-11-22T12:00:00.000Z',
  position: 21,
  ...more,
});
const completed = rotation(
  { replaced: 3, ended: 1, remaining: 0 },
  { status: 'completed', completedAt: '2026-11-22T12:00:00.000Z' },
);

let service: FakeService;
beforeAll(async () => {
  service = await startFakeService();
});
afterAll(() => service.close());
beforeEach(() => {
  service.asked.length = 0;
  service.on('orderRotation', rotation({ matched: 0, due: 0, remaining: 0 }, { status: 'ordered' }));
  const answers = [rotation({ due: 2 }), rotation({ due: 2 }), rotation({ replaced: 1, remaining: 3 }), completed];
  service.on('getRotation', () => answers.shift() ?? completed);
});
const at = (args: readonly string[], setting: Setting = {}) =>
  cartulary(args, { ...setting, env: { CARTULARY_URL: service.url, CARTULARY_DATA: service.data } });

describe('rotate', () => {
  it('orders, and says what', async () => {
    const result = await at(['rotate', '--namespace', 'shop', '--window', '2h', '--reason', 'new base image']);
    expect(result).toEqual({
      code: 0,
      out: `✓ Ordered ${rotationId}: namespace shop, the last turn in 10 min\n`,
      err: `\ncartulary rotations show ${rotationId}   how far it is\n`,
    });
    expect(service.asked.map(({ operationId, body }) => [operationId, body])).toEqual([
      ['orderRotation', { namespace: 'shop', window: '2h', reason: 'new base image' }],
    ]);
  });

  it.each([
    [['--identity', 'spiffe://cluster.local/ns/shop/sa/cart'], { identity: 'spiffe://cluster.local/ns/shop/sa/cart' }],
    [['--issuer', '9f86d081884c7d65'], { issuerId: '9f86d081884c7d65' }],
    [['--certificate', '01AB', '--certificate', '01cd'], { serials: ['01ab', '01cd'] }],
  ])('selects by %j', async (args, body) => {
    expect(await at(['rotate', ...args])).toMatchObject({ code: 0 });
    expect(service.asked[0]?.body).toEqual({ ...body, window: '10m' });
  });

  it.each([
    [[]],
    [['--namespace', 'shop', '--issuer', '9f86d081884c7d65']],
    [['--namespace', 'shop', '--window', 'soon']],
  ])('takes no %j', async (args) => {
    expect(await at(['rotate', ...args])).toMatchObject({ code: 2 });
    expect(service.asked).toEqual([]);
  });

  it('waits, with a line for each change', async () => {
    const { code, out } = await at(['rotate', '--namespace', 'shop', '--wait']);
    expect(code).toBe(0);
    expect(out.split('\n').slice(1)).toEqual([
      '0 of 4 done, 4 remaining, 2 had their turn',
      '1 of 4 done, 3 remaining, 4 had their turn',
      '4 of 4 done, 0 remaining, 4 had their turn',
      `✓ Completed ${rotationId}: 3 of 4 replaced, 1 revoked or expired`,
      '',
    ]);
  });

  it('waits with a bar on a terminal', async () => {
    const { out, err } = await at(['rotate', '--namespace', 'shop', '--wait'], { answer: '' });
    expect(out).toContain('✓ Completed');
    expect(out).not.toContain('remaining,');
    expect(err.split('\r').slice(1)).toEqual([
      expect.stringContaining(`${'░'.repeat(24)}   0 % 0 of 4 done`),
      expect.stringContaining(`${'█'.repeat(6)}${'░'.repeat(18)}  25 % 1 of 4 done`),
      expect.stringMatching(/^█{24} 100 % 4 of 4 done.*\n$/s),
    ]);
  });

  it('gives programs the end alone', async () => {
    const { out, err } = await at(['rotate', '--namespace', 'shop', '--wait', '--json']);
    expect(JSON.parse(out)).toEqual(completed);
    expect(err).toBe('');
  });

  it('can be interrupted', async () => {
    const stop = new AbortController();
    service.on('getRotation', () => {
      stop.abort();
      return rotation();
    });
    expect(await at(['rotate', '--namespace', 'shop', '--wait'], { signal: stop.signal })).toMatchObject({ code: 130 });
  });
});

describe('rotation', () => {
  it('lists what was ordered', async () => {
    service.on('listRotations', {
      rotations: [rotation({ remaining: 3, replaced: 1 })],
      position: 30,
      nextCursor: 'abc',
    });
    const { out, err } = await at(['rotations', 'list', '--status', 'open']);
    expect(out.split('\n')).toEqual([
      'ROTATION ID   STATUS   ORDERED  MATCHED  REMAINING  WHAT',
      `${rotationId}  running  now            4          3  namespace shop`,
      '',
    ]);
    expect(err).toBe('There are more: --cursor abc\n');
    expect(service.asked[0]?.query).toEqual({ status: 'open', limit: 50 });
  });

  it('shows one', async () => {
    service.on('getRotation', { ...completed, reason: 'new base image' });
    const { out } = await at(['rotations', 'show', rotationId]);
    expect(out).toMatch(/status +completed\n/);
    expect(out).toMatch(/reason +new base image\n/);
    expect(out).toMatch(/replaced +3\nended +1\nremaining +0\n/);
    service.on('getRotation', 'ROTATION_NOT_FOUND');
    expect(await at(['rotations', 'show', rotationId])).toMatchObject({ code: 4 });
  });
});
