import { setTimeout as sleep } from 'node:timers/promises';
import { InMemoryLedger, noteAt } from '@cartulary/ledger/testing';
import { expect, it } from 'vitest';
import { InMemoryConsumerStore } from '../testing/in-memory-consumer-store.js';
import { InMemoryTransport } from '../testing/in-memory-transport.js';

it('keeps nothing of what it did after it lost its leadership, and leads again', async () => {
  const ledger = new InMemoryLedger();
  const store = new InMemoryConsumerStore();
  const transport = new InMemoryTransport(ledger, { store });
  const seen: number[] = [];
  let depose = true;
  const consumer = transport.consume({
    group: 'deposed',
    handle: (events) => {
      seen.push(...events.map(({ position }) => position));
      if (depose) store.depose('deposed');
      depose = false;
      return Promise.resolve();
    },
  });
  await ledger.append(noteAt('thing-1'));
  while (consumer.position() < 1) await sleep(2);
  expect(seen).toEqual([1, 1]);
  expect(await transport.poisonEvents('deposed')).toEqual([]);
  await transport.close();
});

it('begins where its subscription says, until its group has come further', async () => {
  const ledger = new InMemoryLedger();
  for (const n of [1, 2, 3, 4]) await ledger.append(noteAt(`thing-${n}`));
  const store = new InMemoryConsumerStore();
  const seen: number[][] = [];
  const consumeAfter = async (after: number, wanted: number): Promise<void> => {
    const transport = new InMemoryTransport(ledger, { store });
    const handle = (events: readonly { position: number }[]) => {
      seen.push(events.map(({ position }) => position));
      return Promise.resolve();
    };
    const consumer = transport.consume({ group: 'late', after, handle });
    while (consumer.position() < wanted) await sleep(2);
    await transport.close();
  };
  await consumeAfter(2, 4);
  await ledger.append(noteAt('thing-5'));
  await consumeAfter(2, 5);
  expect(seen).toEqual([[3, 4], [5]]);
});

it('takes a source that is away for a pause, not for the end', async () => {
  const ledger = new InMemoryLedger({ pollInterval: 5 });
  const transport = new InMemoryTransport(ledger);
  const asked: Date[] = [];
  const follower = transport.follow({
    name: 'paused',
    after: 0,
    handle: () => undefined,
    onFreshness: (asOf) => void asked.push(asOf),
  });
  await follower.caughtUp;
  ledger.unavailable = true;
  await sleep(20);
  const count = asked.length;
  await sleep(40);
  expect(asked.length).toBe(count);
  ledger.unavailable = false;
  await ledger.append(noteAt('thing-1'));
  while (follower.position() < 1) await sleep(2);
  expect(asked.length).toBeGreaterThan(count);
  await transport.close();
});
