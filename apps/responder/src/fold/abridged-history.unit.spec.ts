import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type StateRecord, stateRecordsOf } from '@cartulary/transport/testing';
import { whole } from '../testing/whole-crl.fixture.spec.js';
import { AnyHistory, steps } from '../testing/any-history.fixture.spec.js';
import { AbridgedHistory } from './abridged-history.js';
import { ResponderState } from './responder-state.js';

const RETENTION = 3_600_000;
const wide = ['state.certificate', 'revoked'];

const partitionOf = ({ topic, key }: StateRecord): string =>
  wide.includes(topic) ? `${topic}/${Number(`0x${key.slice(-4)}`) % 3}` : topic;

/** Compaction leaves the last of a key at least, and may not have got as far as that. */
const compacted = (records: readonly StateRecord[], upTo: number): StateRecord[] => {
  const last = new Map(records.map((record, index) => [record.key, index]));
  return records.filter(({ key }, index) => index >= upTo || last.get(key) === index);
};

/** All that a responder says; statuses without their revision, which nobody sees. */
const said = (state: ResponderState, { issuers, certificates }: AnyHistory) => {
  state.crls.materialise((error) => expect.fail(String(error)));
  return {
    statuses: certificates.map(({ issuer, serial }) => state.statuses.find(issuer.issuerId, serial)?.status),
    crls: issuers.map(({ issuerId }) => whole(state.crls.find(issuerId))),
    deltas: issuers.map(({ issuerId }) => whole(state.crls.findDelta(issuerId))),
    bundle: state.bundle.json().toString(),
    issuers: state.issuers.all(),
    position: state.position,
  };
};

describe('what is read from the state topics', () => {
  it('and what follows make the state that all events make, wherever the reader came in', async () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const read = fc.record({
      from: fc.oneof(share, fc.constant(1)),
      ahead: fc.array(share, { minLength: 11, maxLength: 11 }),
      compacted: share,
    });
    await fc.assert(
      fc.asyncProperty(
        steps,
        steps,
        read,
        fc.boolean(),
        async (before, after, { from, ahead, compacted: share }, again) => {
          const ledger = await AnyHistory.start();
          for (const step of before) await ledger.take(step);
          const events = [...ledger.events];
          const end = events.length;
          const records = await stateRecordsOf(events);
          const now = ledger.clock.now();

          // Each partition is read up to a time of its own, and its heartbeat says which.
          const partitions = Map.groupBy(records, partitionOf);
          const names = ['issuer', ...partitions.keys()];
          const start = Math.floor(from * end);
          const readTo = new Map(
            names.map((name, index) => [name, start + Math.floor((end - start) * ahead[index]! ** 3)]),
          );
          const cut = Math.min(...readTo.values());
          const state = new ResponderState(RETENTION);
          const history = new AbridgedHistory(state.statuses, now);
          const { topics, aggregates } = history.subscription;
          for (const event of events) {
            if (event.stream.startsWith('issuer-') && event.position <= readTo.get('issuer')!)
              aggregates![0]!.handle(event);
          }
          for (const [name, all] of partitions) {
            const there = all.filter(({ value }) => value.position <= readTo.get(name)!);
            const left = compacted(there, Math.floor(share * there.length));
            // A relay that took over has sent the last ones once more.
            for (const { topic, key, value } of again ? [...left, ...left.slice(-5)] : left) {
              (topics[topic] as ((key: string, value: unknown) => void) | undefined)?.(key, value);
            }
          }
          state.fold(history.events(cut), now);
          state.advance(cut);
          expect(history.newest).toBeLessThanOrEqual(end);
          state.fold(events.slice(cut), now);
          const whole = new ResponderState(RETENTION);
          whole.fold(events, now);
          expect(said(state, ledger)).toEqual(said(whole, ledger));

          for (const step of after) await ledger.take(step);
          const later = ledger.events.slice(end);
          for (const one of [state, whole]) one.fold(later, ledger.clock.now());
          expect(said(state, ledger)).toEqual(said(whole, ledger));
        },
      ),
      { numRuns: process.env['CARTULARY_FULL'] ? 2_000 : 100 },
    );
  }, 600_000);
});
