import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '@cartulary/access';
import { LedgerEvent, validatorFor } from '@cartulary/contracts';
import { certificateStream } from '@cartulary/domain';
import { held, issued, registered, released, serialOf, workload } from '../testing/events.fixture.spec.js';
import { callerOf, openWorld, type World } from '../testing/world.fixture.spec.js';
import { EventReader } from './event-reader.js';
import { LedgerTail } from './ledger-tail.js';
import { ListEventsHandler, ListEventsQuery } from './query.js';

let world: World;
let tail: LedgerTail;
let handler: ListEventsHandler;
const list = (filter: ListEventsQuery['filter'] = {}, caller: Caller = callerOf('auditor')) =>
  handler.execute(new ListEventsQuery(filter, caller));
const positions = async (filter: ListEventsQuery['filter']) => {
  const { events, next } = await list(filter);
  return [events.map(({ position }) => position), next];
};

beforeAll(async () => {
  world = await openWorld();
  tail = new LedgerTail(world.ledger);
  handler = new ListEventsHandler(world.ledger, new EventReader(world.ledger), tail);
  await world.append(issued(1), issued(2), registered(workload('shop')), held(1), issued(3), released(1));
});
afterAll(async () => {
  tail.beforeApplicationShutdown();
  await world.close();
});

const first = certificateStream(serialOf(1));

describe('the ledger explorer', () => {
  it.each([
    [{}, [[1, 2, 3, 4, 5, 6], 6]],
    [{ after: 2, limit: 2 }, [[3, 4], 4]],
    [{ after: 6 }, [[], 6]],
    [{ after: 99 }, [[], 99]],
    [{ stream: first }, [[1, 4, 6], 6]],
    [{ stream: first, limit: 2 }, [[1, 4], 4]],
    [{ stream: first, type: 'CertificateHeld' }, [[4], 6]],
    [{ stream: 'certificate-00' }, [[], 6]],
    [{ stream: "x' OR true --" }, [[], 6]],
    [{ type: 'CertificateIssued' }, [[1, 2, 5], 6]],
    [{ type: 'CertificateIssued', limit: 2 }, [[1, 2], 2]],
    [{ type: 'CertificateIssued', after: 2, limit: 1 }, [[5], 5]],
    [{ type: 'Nothing' }, [[], 6]],
  ])('answers %j with events and next %j', async (filter, expected) =>
    expect(await positions(filter)).toEqual(expected),
  );

  it('shows events as the contract has them, with their leaf hash', async () => {
    const { events, position } = await list({ limit: 1 });
    const [event] = await world.ledger.readAll({ after: 0, limit: 1 });
    expect(events).toMatchObject([{ stream: first, version: 1, leafHash: event?.leafHash.toString('hex') }]);
    expect(events[0]?.data).toEqual(event?.data);
    expect(validatorFor(LedgerEvent)(events[0])).toMatchObject({ ok: true });
    expect(position).toBe(6);
  });

  it('is not for a caller limited to namespaces', async () => {
    await expect(list({}, callerOf('admin', ['shop']))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('refuses a stream that none can be named', async () => {
    await expect(list({ stream: 'certificate-\0' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });
});

describe('waiting', () => {
  const timed = async <T>(work: Promise<T>): Promise<[T, number]> => {
    const start = performance.now();
    return [await work, performance.now() - start];
  };

  it('answers at once when something is there', async () => {
    const [{ events }, ms] = await timed(list({ after: 5, wait: 20 }));
    expect(events).toHaveLength(1);
    expect(ms).toBeLessThan(2_000);
  });

  it('is over with the event', async () => {
    const head = (await world.ledger.head()).position;
    const asked = timed(list({ after: head, wait: 20 }));
    await sleep(200);
    await world.append(issued(50));
    const [{ events, next, position }, ms] = await asked;
    expect(events).toMatchObject([{ type: 'CertificateIssued', position: head + 1 }]);
    expect([next, position]).toEqual([head + 1, head + 1]);
    expect(ms).toBeLessThan(5_000);
  });

  it.each([{ type: 'CertificateHeld' }, { stream: certificateStream(serialOf(50)) }])(
    'is for %j only',
    async (filter) => {
      const head = (await world.ledger.head()).position;
      const asked = timed(list({ ...filter, after: head, wait: 20 }));
      await sleep(100);
      await world.append(issued(head + 1_000));
      await sleep(300);
      await world.append(filter.type ? held(head + 1_000) : held(50));
      const [{ events, next }, ms] = await asked;
      expect(events).toMatchObject([{ position: head + 2, type: 'CertificateHeld' }]);
      expect(next).toBe(head + 2);
      expect(ms).toBeGreaterThan(350);
    },
  );

  it('ends without an event when the time is over, past what was left out', async () => {
    const head = (await world.ledger.head()).position;
    const asked = timed(list({ type: 'Nothing', after: head, wait: 1 }));
    await world.append(issued(head + 5_000));
    const [{ events, next }, ms] = await asked;
    expect([events, next]).toEqual([[], head + 1]);
    expect(ms).toBeGreaterThan(950);
  });

  it('ends when the process does', async () => {
    const own = new LedgerTail(world.ledger);
    const waiting = new ListEventsHandler(world.ledger, new EventReader(world.ledger), own);
    const { position } = await world.ledger.head();
    const asked = timed(waiting.execute(new ListEventsQuery({ after: position, wait: 30 }, callerOf('admin'))));
    await sleep(200);
    own.beforeApplicationShutdown();
    expect((await asked)[1]).toBeLessThan(5_000);
  });

  it('misses nothing of a stream of appends', async () => {
    const start = (await world.ledger.head()).position;
    const writing = (async () => {
      for (let n = 0; n < 30; n++) await world.append(issued(20_000 + n));
    })();
    const seen: number[] = [];
    for (let after = start; seen.length < 30;) {
      const { events, next } = await list({ after, wait: 5, limit: 7 });
      seen.push(...events.map(({ position }) => position));
      after = next;
    }
    await writing;
    expect(seen).toEqual(Array.from({ length: 30 }, (_, index) => start + 1 + index));
  });
});
