import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FullDeadLetter } from '@cartulary/contracts';
import { cartulary, type Result } from '../command-line.fixture.spec.js';
import { type FakeService, startFakeService } from '../fake-service.fixture.spec.js';

const letter: FullDeadLetter = {
  id: 'inventory/4711',
  group: 'inventory',
  service: 'inventory',
  replayable: true,
  position: 4711,
  stream: 'certificate-01c3a5e27f0b4d8896a1d2f3e4b5c6a798',
  type: 'CertificateRevoked',
  reason: 'error: column\u001b[2J "x" does not exist',
  attempts: 5,
  setAsideAt: '2026-11-22T12:00:00.000Z',
  event: {
    position: 4711,
    stream: 'certificate-01c3a5e27f0b4d8896a1d2f3e4b5c6a798',
    version: 2,
    type: 'CertificateRevoked',
    schemaVersion: 1,
    id: '01a20320-a200-7c3e-9d52-4e8a1b7f2c60',
    recordedAt: '2026-11-22T12:00:00.000Z',
    committedAt: '2026-11-22T12:00:00.000Z',
    actor: { id: 'spiffe://cluster.local/cartulary/operator/first', credential: 'system' },
    correlationId: 'c-1',
    data: { reason: 'keyCompromise' },
    leafHash: 'ab'.repeat(32),
  },
};

const { event: _event, ...outline } = letter;

let service: FakeService;
beforeAll(async () => {
  service = await startFakeService();
});
afterAll(() => service.close());
const run = (...args: string[]): Promise<Result> =>
  cartulary(['dead-letters', ...args], { env: { CARTULARY_URL: service.url, CARTULARY_DATA: service.data } });

describe('dead-letters', () => {
  it('lists what was set aside, by whom and why, with nothing that a terminal would obey', async () => {
    service.on('listDeadLetters', { deadLetters: [outline] });
    const { code, out } = await run('list');
    expect(code).toBe(0);
    expect(out).toMatch(/^inventory\/4711 +inventory +CertificateRevoked +5 .*column\uFFFD\[2J "x" does not exist$/m);
  });

  it('says so when there are none', async () => {
    service.on('listDeadLetters', { deadLetters: [] });
    expect(await run('list', '--group', 'inventory')).toMatchObject({ code: 0, err: 'There are no dead letters.\n' });
  });

  it('shows the event', async () => {
    service.on('getDeadLetter', ({ params }) => ({ ...letter, id: params['id'] ?? '' }));
    const { code, out } = await run('show', 'inventory/4711');
    expect(code).toBe(0);
    expect(out).toMatch(/^id +inventory\/4711$/m);
    expect(out).toContain('"reason": "keyCompromise"');
  });

  it('replays one, and says where else when it is another service’s', async () => {
    service.on('replayDeadLetter', outline);
    expect(await run('replay', 'inventory/4711')).toMatchObject({ code: 0 });
    service.on('replayDeadLetter', 'DEAD_LETTER_ELSEWHERE');
    expect(await run('replay', 'inventory/4711')).toMatchObject({
      code: 1,
      err: expect.stringContaining('DEAD_LETTER_ELSEWHERE') as string,
    });
  });
});
