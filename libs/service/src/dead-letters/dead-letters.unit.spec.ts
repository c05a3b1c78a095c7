import { setTimeout as sleep } from 'node:timers/promises';
import { type Caller, systemCaller } from '@cartulary/access';
import { type RecordedEvent } from '@cartulary/ledger';
import { InMemoryLedger } from '@cartulary/ledger/testing';
import { silentLogger } from '@cartulary/runtime';
import { InMemoryConsumerStore, InMemoryTransport } from '@cartulary/transport/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeadLetters } from './dead-letters.js';

const caller = systemCaller('test');
const ofShop: Caller = { ...caller, grant: { role: 'operator', namespaces: ['shop'] } };

let ledger: InMemoryLedger;
let store: InMemoryConsumerStore;
let transport: InMemoryTransport;
let deadLetters: DeadLetters;
let broken: boolean;
let handled: number[];

/** A consumer that can't handle position 2 while it is broken. */
const handle = async (events: readonly RecordedEvent[]): Promise<void> => {
  if (broken && events.some(({ position }) => position === 2)) throw new RangeError('no such column');
  handled.push(...events.map(({ position }) => position));
};

beforeEach(async () => {
  ledger = new InMemoryLedger({ pollInterval: 5 });
  store = new InMemoryConsumerStore();
  transport = new InMemoryTransport(ledger, { store });
  deadLetters = new DeadLetters(transport, ledger, silentLogger());
  [broken, handled] = [true, []];
  for (const n of [1, 2, 3]) {
    await ledger.append({
      expectations: [{ stream: `thing-${n}`, version: 0 }],
      events: [{ stream: `thing-${n}`, type: 'Noted', data: { n } }],
      actor: { id: 'a', credential: 'system' },
      correlationId: 'c',
      recordedAt: '2026-03-01T12:00:00.000Z',
    });
  }
  const consumer = transport.consume({ group: 'inventory-main', handle });
  while (consumer.position() < 3) await sleep(2);
});
afterEach(() => transport.close());

const id = 'inventory-main/2';

describe('dead letters', () => {
  it('are what was set aside, with the event, while the others were handled', async () => {
    expect(handled).toEqual([1, 3]);
    const [letter, ...others] = await deadLetters.list(caller);
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ id, service: 'inventory', replayable: true, position: 2, attempts: 3 });
    expect(await deadLetters.list(caller, 'rotation')).toEqual([]);
    expect(await deadLetters.show(caller, id)).toMatchObject({
      reason: 'RangeError: no such column',
      event: { data: { n: 2 } },
    });
  });

  it('stay while the cause does, and count the attempts', async () => {
    await expect(deadLetters.replay(caller, id)).rejects.toMatchObject({
      code: 'DEAD_LETTER_STILL_FAILS',
      message: 'RangeError: no such column',
    });
    expect(await deadLetters.show(caller, id)).toMatchObject({ attempts: 4 });
  });

  it('are handled and gone when they are replayed after the cause is', async () => {
    broken = false;
    expect(await deadLetters.replay(caller, id)).toMatchObject({ id });
    expect(handled).toEqual([1, 3, 2]);
    expect(await deadLetters.list(caller)).toEqual([]);
    await expect(deadLetters.replay(caller, id)).rejects.toMatchObject({ code: 'DEAD_LETTER_NOT_FOUND' });
  });

  it('are listed by every service, and replayed by the one that consumes', async () => {
    broken = false;
    const other = new InMemoryTransport(ledger, { store });
    const elsewhere = new DeadLetters(other, ledger, silentLogger());
    expect(await elsewhere.list(caller)).toMatchObject([{ id, replayable: false }]);
    await expect(elsewhere.replay(caller, id)).rejects.toMatchObject({ code: 'DEAD_LETTER_ELSEWHERE' });
    await other.close();
  });

  it('leave the ledger’s own troubles what they are: try again later', async () => {
    ledger.unavailable = true;
    await expect(deadLetters.replay(caller, id)).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
    ledger.unavailable = false;
  });

  it('are for nobody whose grant is for some namespaces', async () => {
    for (const call of [deadLetters.list(ofShop), deadLetters.show(ofShop, id), deadLetters.replay(ofShop, id)])
      await expect(call).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
