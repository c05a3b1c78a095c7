import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideOn } from '../decide-on.js';
import { leafHash, MAX_ENVELOPE_BYTES } from '../envelope.js';
import { erasableHash } from '../erasable.js';
import {
  EventTooLargeError,
  IdempotencyMismatchError,
  InvalidAppendError,
  LedgerConflictError,
  LedgerUnavailableError,
} from '../errors.js';
import { type Ledger } from '../ledger.js';
import { type FollowBatch } from '../types.js';
import { commandOf, newStream, noteAt, noted, RECORDED_AT } from './commands.js';

/** What every ledger keeps to. `create` gives an empty one; the suite closes it. */
export const ledgerContract = (create: () => Promise<Ledger>): void => {
  let ledger: Ledger;
  beforeAll(async () => {
    ledger = await create();
  });
  afterAll(() => ledger.close());

  describe('append', () => {
    it('starts at position 1 of an empty ledger', async () => {
      expect(await ledger.head()).toEqual({ position: 0, committedAt: '1970-01-01T00:00:00.000Z' });
      expect(await ledger.readAll({ after: 0, limit: 10 })).toEqual([]);
      const { events } = await ledger.append(noteAt(newStream()));
      expect(events[0]!.position).toBe(1);
    });

    it('gives the events of a command consecutive positions and each stream consecutive versions', async () => {
      const [one, two] = [newStream(), newStream()];
      const before = (await ledger.head()).position;
      const expectations = [one, two].map((stream) => ({ stream, version: 0 }));
      const { outcome, events } = await ledger.append(
        commandOf(expectations, [noted(one, { n: 1 }), noted(two, { n: 2 }), noted(one, { n: 3 })]),
      );
      expect(outcome).toBe('appended');
      expect(events.map(({ position, stream, version }) => [position - before, stream, version])).toEqual([
        [1, one, 1],
        [2, two, 1],
        [3, one, 2],
      ]);
      expect((await ledger.head()).position).toBe(before + 3);
      expect((await ledger.head()).committedAt).toBe(events[2]!.committedAt);
    });

    it('reads back exactly what it returned, bytes and hash included', async () => {
      const stream = newStream();
      const data = { text: 'Zürich 漢字 🔏 \u2028 "quoted" \\ \u0001', list: [1, 2.5, null, true], nested: { a: {} } };
      const { events } = await ledger.append({ ...noteAt(stream, 0, data), causationId: 'cause' });
      const { events: read } = await ledger.readStream(stream);
      expect(read).toEqual(events);
      expect(read[0]).toMatchObject({
        stream,
        version: 1,
        type: 'Noted',
        schemaVersion: 1,
        recordedAt: RECORDED_AT,
        actor: { id: 'system:test', credential: 'system' },
        correlationId: 'correlation',
        causationId: 'cause',
        data,
      });
      expect(read[0]!.leafHash).toEqual(leafHash(read[0]!.envelope));
    });

    it('writes the envelope with its keys in the fixed order and a UUIDv7', async () => {
      const { events } = await ledger.append(noteAt(newStream(), 0, { z: 1, a: 2 }));
      const wire = JSON.parse(events[0]!.envelope.toString()) as Record<string, unknown>;
      expect(Object.keys(wire)).toEqual(
        'id stream version type schemaVersion recordedAt actor correlationId causationId data'.split(' '),
      );
      expect(wire['causationId']).toBeNull();
      expect(wire['id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(JSON.stringify(wire['data'])).toBe('{"z":1,"a":2}');
    });

    it('lets exactly one of many appends at the same version through', async () => {
      const stream = newStream();
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => ledger.append(noteAt(stream))));
      const lost = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
      expect(lost).toHaveLength(19);
      for (const reason of lost) {
        expect(reason).toBeInstanceOf(LedgerConflictError);
        expect(reason).toMatchObject({ code: 'LEDGER_CONFLICT', stream, expectedVersion: 0, actualVersion: 1 });
      }
    });

    it('refuses when a stream that was only read has moved on, and leaves nothing behind', async () => {
      const [read, written] = [newStream(), newStream()];
      await ledger.append(noteAt(read));
      const before = (await ledger.head()).position;
      const expectations = [
        { stream: read, version: 0 },
        { stream: written, version: 0 },
      ];
      const append = ledger.append(commandOf(expectations, [noted(written)]));
      await expect(append).rejects.toMatchObject({ stream: read, expectedVersion: 0, actualVersion: 1 });
      expect((await ledger.readStream(written)).version).toBe(0);
      expect((await ledger.head()).position).toBe(before);
    });

    it('keeps neighbours of a conflicting command unharmed and positions without a gap', async () => {
      const taken = newStream();
      await ledger.append(noteAt(taken));
      const before = (await ledger.head()).position;
      const streams = Array.from({ length: 40 }, (_, index) => (index % 4 === 1 ? taken : newStream()));
      const outcomes = await Promise.allSettled(streams.map((stream) => ledger.append(noteAt(stream))));
      const positions = outcomes.flatMap((outcome) =>
        outcome.status === 'fulfilled' ? outcome.value.events.map(({ position }) => position - before) : [],
      );
      expect(positions.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    });

    it('keeps the order of appends to one stream that do not wait for one another', async () => {
      const stream = newStream();
      const versions = Array.from({ length: 30 }, (_, version) => version);
      await Promise.all(versions.map((version) => ledger.append(noteAt(stream, version))));
      expect((await ledger.readStream(stream)).events.map(({ version }) => version - 1)).toEqual(versions);
    });

    it('takes an envelope of 65 535 bytes and refuses one byte more', async () => {
      const stream = newStream();
      const { events } = await ledger.append(noteAt(stream, 0, { text: '' }));
      const room = MAX_ENVELOPE_BYTES - events[0]!.envelope.length;
      const largest = await ledger.append(noteAt(stream, 1, { text: 'x'.repeat(room) }));
      expect(largest.events[0]!.envelope).toHaveLength(MAX_ENVELOPE_BYTES);
      const tooLarge = ledger.append(noteAt(stream, 2, { text: 'x'.repeat(room + 1) }));
      await expect(tooLarge).rejects.toBeInstanceOf(EventTooLargeError);
      expect((await ledger.readStream(stream)).version).toBe(2);
    });

    it.each([
      ['a written stream without expectation', commandOf([], [noted('certificate-1')])],
      ['no event', commandOf([{ stream: 'certificate-1', version: 0 }], [])],
      ['a stream name with a space', noteAt('certificate 1')],
      ['a negative version', noteAt('certificate-1', -1)],
      ['a local time', { ...noteAt('certificate-1'), recordedAt: '2026-03-01T12:00:00+01:00' }],
      ['a text with NUL', commandOf([{ stream: 's-1', version: 0 }], [noted('s-1', {}, { comment: '\0' })])],
    ])('refuses %s', async (_name, command) => {
      await expect(ledger.append(command)).rejects.toBeInstanceOf(InvalidAppendError);
    });
  });

  describe('idempotency', () => {
    const keyed = (stream: string, key: string, fingerprint = 'f', scope = 'caller') =>
      commandOf([{ stream, version: 0 }], [noted(stream), noted(stream)], { scope, key, fingerprint });

    it('answers a repeat with the events of the original, though its stream has moved on', async () => {
      const [stream, key] = [newStream(), randomUUID()];
      const original = await ledger.append(keyed(stream, key));
      const repeat = await ledger.append(keyed(stream, key));
      expect(repeat).toEqual({ outcome: 'repeated', events: original.events });
      expect(await ledger.findIdempotent('caller', key)).toEqual({ fingerprint: 'f', events: original.events });
      expect((await ledger.readStream(stream)).version).toBe(2);
    });

    it('appends once when the same request comes many times at once', async () => {
      const [stream, key] = [newStream(), randomUUID()];
      const results = await Promise.all(Array.from({ length: 12 }, () => ledger.append(keyed(stream, key))));
      expect(results.filter(({ outcome }) => outcome === 'appended')).toHaveLength(1);
      for (const { events } of results) expect(events).toEqual(results[0]!.events);
    });

    it('refuses the key for another request, and keeps scopes apart', async () => {
      const key = randomUUID();
      await ledger.append(keyed(newStream(), key));
      const other = newStream();
      await expect(ledger.append(keyed(other, key, 'g'))).rejects.toBeInstanceOf(IdempotencyMismatchError);
      expect((await ledger.readStream(other)).version).toBe(0);
      expect((await ledger.append(keyed(newStream(), key, 'g', 'another'))).outcome).toBe('appended');
    });

    it('does not keep the key of an append that conflicted', async () => {
      const [stream, key] = [newStream(), randomUUID()];
      await ledger.append(noteAt(stream));
      await expect(ledger.append(keyed(stream, key))).rejects.toBeInstanceOf(LedgerConflictError);
      expect(await ledger.findIdempotent('caller', key)).toBeUndefined();
    });

    it('forgets keys by age', async () => {
      const [stream, key] = [newStream(), randomUUID()];
      const { events } = await ledger.append(keyed(stream, key));
      const committed = new Date(events[0]!.committedAt);
      await ledger.pruneIdempotency(committed);
      expect(await ledger.findIdempotent('caller', key)).toBeDefined();
      expect(await ledger.pruneIdempotency(new Date(committed.getTime() + 1))).toBeGreaterThan(0);
      expect(await ledger.findIdempotent('caller', key)).toBeUndefined();
    });
  });

  describe('reading', () => {
    it('gives version 0 for a stream that does not exist', async () => {
      const stream = newStream();
      expect(await ledger.readStream(stream)).toEqual({ stream, version: 0, events: [] });
      expect(await ledger.heads([stream])).toEqual(new Map([[stream, 0]]));
    });

    it('reads several streams and heads at once, an entry for each', async () => {
      const [one, two, absent] = [newStream(), newStream(), newStream()];
      await ledger.append(noteAt(one));
      await ledger.append(noteAt(two));
      await ledger.append(noteAt(one, 1));
      const histories = await ledger.readStreams([one, two, absent, one]);
      expect([...histories.values()].map(({ version, events }) => [version, events.length])).toEqual([
        [2, 2],
        [1, 1],
        [0, 0],
      ]);
      expect([...(await ledger.heads([one, two, absent])).values()]).toEqual([2, 1, 0]);
      expect(await ledger.readStreams([])).toEqual(new Map());
    });

    it('pages by position and filters by stream and type', async () => {
      const stream = newStream();
      const before = (await ledger.head()).position;
      for (let version = 0; version < 5; version++) {
        const type = version % 2 === 0 ? 'Even' : 'Odd';
        await ledger.append(commandOf([{ stream, version }], [{ stream, type, data: {} }]));
      }
      await ledger.append(noteAt(newStream()));
      const positions = async (options: Parameters<Ledger['readAll']>[0]) =>
        (await ledger.readAll(options)).map(({ position }) => position - before);
      expect(await positions({ after: before, limit: 3 })).toEqual([1, 2, 3]);
      expect(await positions({ after: before + 3, limit: 3 })).toEqual([4, 5, 6]);
      expect(await positions({ after: before + 1, limit: 10, stream })).toEqual([2, 3, 4, 5]);
      expect(await positions({ after: before, limit: 10, types: ['Even'] })).toEqual([1, 3, 5]);
      expect(await positions({ after: before, limit: 1, stream, types: ['Odd'] })).toEqual([2]);
    });

    it('has commit times that never go back', async () => {
      const times = (await ledger.readAll({ after: 0, limit: 1000 })).map(({ committedAt }) => committedAt);
      expect(times).toEqual([...times].sort());
    });
  });

  describe('follow', () => {
    it('delivers what is there and what comes, in order, once', async () => {
      const after = (await ledger.head()).position;
      for (let index = 0; index < 5; index++) await ledger.append(noteAt(newStream()));
      const stop = new AbortController();
      const seen: number[] = [];
      for await (const { events, position } of ledger.follow({ after, signal: stop.signal, batchSize: 2 })) {
        seen.push(...events.map((event) => event.position - after));
        expect(position - after).toBe(seen.length);
        // Batches without events come as well.
        if (seen.length === 5 && events.length > 0)
          void Promise.all(Array.from({ length: 5 }, () => ledger.append(noteAt(newStream()))));
        if (seen.length === 10) stop.abort();
      }
      expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });

    it('proves by asOf and caughtUp that it saw what was acknowledged before', async () => {
      const stop = new AbortController();
      const start = (await ledger.head()).position;
      const follower = ledger.follow({ after: start, signal: stop.signal })[Symbol.asyncIterator]();
      for (let round = 0; round < 10; round++) {
        const { events } = await ledger.append(noteAt(newStream()));
        const committed = new Date(events[0]!.committedAt);
        let batch: FollowBatch;
        do {
          batch = ((await follower.next()) as { value: FollowBatch }).value;
        } while (!batch.caughtUp || batch.position < events[0]!.position);
        expect(batch.asOf.getTime()).toBeGreaterThanOrEqual(committed.getTime());
      }
      stop.abort();
      expect((await follower.next()).done).toBe(true);
    });

    it('passes over other types, and reports freshness when nothing is new', async () => {
      const after = (await ledger.head()).position;
      const stream = newStream();
      await ledger.append(commandOf([{ stream, version: 0 }], [noted(stream), { stream, type: 'Wanted', data: {} }]));
      const stop = new AbortController();
      const types: string[] = [];
      let idle = 0;
      for await (const batch of ledger.follow({ after, signal: stop.signal, types: ['Wanted'] })) {
        types.push(...batch.events.map(({ type }) => type));
        expect(batch.position).toBe(after + 2);
        if (batch.events.length === 0 && ++idle === 2) stop.abort();
      }
      expect(types).toEqual(['Wanted']);
    });

    it('wakes at once', async () => {
      const after = (await ledger.head()).position;
      const stop = new AbortController();
      const delays: number[] = [];
      let appended = Infinity;
      for await (const { events } of ledger.follow({ after, signal: stop.signal })) {
        if (events.length > 0) delays.push(performance.now() - appended);
        if (delays.length === 5) stop.abort();
        else if (events.length > 0 || appended === Infinity) {
          appended = 0;
          setTimeout(() => {
            appended = performance.now();
            void ledger.append(noteAt(newStream()));
          }, 20);
        }
      }
      expect(Math.min(...delays)).toBeLessThan(50);
    });
  });

  describe('erasable fields', () => {
    it('keeps text beside the ledger and only its salted hash in the envelope', async () => {
      const stream = newStream();
      const event = noted(stream, { reason: 'superseded' }, { comment: 'asked for by Zoë' });
      const { events } = await ledger.append(commandOf([{ stream, version: 0 }], [event]));
      const { id, data, envelope } = events[0]!;
      expect(envelope.toString()).not.toContain('Zo');
      const [field] = await ledger.readErasable(id);
      expect(field).toMatchObject({ field: 'comment', value: 'asked for by Zoë' });
      expect(data).toEqual({ reason: 'superseded', commentHash: erasableHash(field!.salt, field!.value) });
    });

    it('erases it for ever and leaves the event as it was', async () => {
      const stream = newStream();
      const event = noted(stream, {}, { comment: 'a', requester: 'b' });
      const { events } = await ledger.append(commandOf([{ stream, version: 0 }], [event]));
      expect(await ledger.erase(events[0]!.id, 'comment')).toBe(true);
      expect(await ledger.erase(events[0]!.id, 'comment')).toBe(false);
      expect((await ledger.readErasable(events[0]!.id)).map(({ field }) => field)).toEqual(['requester']);
      expect((await ledger.readStream(stream)).events).toEqual(events);
    });
  });

  describe('decideOn', () => {
    it('decides again until every one of many deciders got through', async () => {
      const stream = newStream();
      const context = { streams: [stream], ...contextOf(), attempts: 100 };
      const decided = await Promise.all(
        Array.from({ length: 10 }, () =>
          decideOn(ledger, context, (histories) => {
            const { version } = histories.get(stream)!;
            return { events: [noted(stream, { saw: version })], result: version };
          }),
        ),
      );
      const results = decided.map((one) => (one.outcome === 'appended' ? one.result : undefined));
      expect(results.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      const { events } = await ledger.readStream(stream);
      expect(events.map(({ data }) => data['saw'])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });

    it('gives up after its attempts, and appends nothing when nothing was decided', async () => {
      const stream = newStream();
      let decisions = 0;
      const spoiled = decideOn(ledger, { streams: [stream], ...contextOf(), attempts: 3 }, async (histories) => {
        decisions++;
        await ledger.append(noteAt(stream, histories.get(stream)!.version));
        return { events: [noted(stream)], result: undefined };
      });
      await expect(spoiled).rejects.toBeInstanceOf(LedgerConflictError);
      expect(decisions).toBe(3);
      const nothing = await decideOn(ledger, { streams: [stream], ...contextOf() }, () => ({ events: [], result: 7 }));
      expect(nothing).toEqual({ outcome: 'unchanged', events: [], result: 7 });
    });

    it('answers a repeat without deciding, and refuses another request under the same key', async () => {
      const stream = newStream();
      const idempotency = { scope: 'caller', key: randomUUID(), fingerprint: 'f' };
      const context = { streams: [stream], ...contextOf(), idempotency };
      let decisions = 0;
      const decide = () => ({ events: [noted(stream)], result: ++decisions });
      const first = await decideOn(ledger, context, decide);
      expect(await decideOn(ledger, context, decide)).toEqual({ outcome: 'repeated', events: first.events });
      expect(decisions).toBe(1);
      const other = { ...context, idempotency: { ...idempotency, fingerprint: 'g' } };
      await expect(decideOn(ledger, other, decide)).rejects.toBeInstanceOf(IdempotencyMismatchError);
    });
  });

  it('refuses everything once closed', async () => {
    const other = await create();
    const stop = new AbortController();
    const follower = other.follow({ after: 0, signal: stop.signal })[Symbol.asyncIterator]();
    await follower.next();
    await other.close();
    await expect(other.append(noteAt(newStream()))).rejects.toBeInstanceOf(LedgerUnavailableError);
    expect((await follower.next()).done).toBe(true);
  });
};

const contextOf = () => ({
  actor: { id: 'system:test', credential: 'system' },
  correlationId: 'correlation',
  recordedAt: RECORDED_AT,
});
