import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LedgerError } from '../errors.js';
import { type Ledger } from '../ledger.js';
import { commandOf, noted } from '../testing/commands.js';
import { InMemoryLedger } from '../testing/in-memory-ledger.js';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.js';
import { type AppendCommand } from '../types.js';
import { verifyLedger } from '../verify/verify-ledger.js';
import { PostgresLedger } from './postgres-ledger.js';

interface Shape {
  readonly expectations: readonly { readonly stream: string; readonly version: number }[];
  readonly writes: number;
  readonly key: { readonly key: string; readonly fingerprint: string } | undefined;
}

const stream = fc.constantFrom('a-1', 'b-1', 'c-1', 'd-1');
const shape: fc.Arbitrary<Shape> = fc.record({
  expectations: fc.uniqueArray(fc.record({ stream, version: fc.constantFrom(0, 0, 0, 1, 1, 2, 3) }), {
    minLength: 1,
    maxLength: 3,
    selector: (expectation) => expectation.stream,
  }),
  writes: fc.integer({ min: 1, max: 3 }),
  key: fc.option(fc.record({ key: fc.constantFrom('k', 'l', 'm'), fingerprint: fc.constantFrom('f', 'f', 'g') }), {
    nil: undefined,
  }),
});

const commandFrom = (run: number, { expectations, writes, key }: Shape): AppendCommand => {
  const own = expectations.map((one) => ({ ...one, stream: `${one.stream}.${run}` }));
  const events = Array.from({ length: writes }, (_, index) => noted(own[index % own.length]!.stream, { index }));
  return commandOf(own, events, key && { scope: `run ${run}`, ...key });
};

/** What a caller learns, without what differs between two ledgers: ids, times and positions. */
const outcomeOf = async (ledger: Ledger, command: AppendCommand): Promise<unknown> => {
  try {
    const { outcome, events } = await ledger.append(command);
    return { outcome, events: events.map((event) => [event.stream, event.version, event.data]) };
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return { code: error.code, message: error.message };
  }
};

describe('PostgresLedger beside the model', () => {
  let database: TestDatabase;
  let owner: pg.Client;
  let run = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
  });
  afterAll(async () => {
    await owner.end();
    await database.drop();
  });

  // All gather while one connection is busy: batches of every composition. A command is passed by only by such as
  // it does not meet, so that the outcomes are those of the order in which they were submitted.
  it('gives every command of every batch the outcome that it would have alone', async () => {
    const postgres = new PostgresLedger({ url: database.serviceUrl, appendConnections: 1, maxBatchCommands: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(shape, { minLength: 1, maxLength: 25 }), async (shapes) => {
        run++;
        const commands = shapes.map((one) => commandFrom(run, one));
        const real = await Promise.all(commands.map((command) => outcomeOf(postgres, command)));
        const model = new InMemoryLedger();
        const expected: unknown[] = [];
        for (const command of commands) expected.push(await outcomeOf(model, command));
        expect(real).toEqual(expected);
      }),
      { numRuns: 60 },
    );
    await postgres.close();
    expect((await verifyLedger(owner)).problems).toEqual([]);
  });

  it('has only outcomes that some order explains when two processes race', async () => {
    const ledgers = [1, 2].map(() => new PostgresLedger({ url: database.serviceUrl }));
    await fc.assert(
      fc.asyncProperty(fc.array(shape, { minLength: 2, maxLength: 30 }), async (shapes) => {
        run++;
        const commands = shapes.map((one) => commandFrom(run, one));
        const results = await Promise.allSettled(commands.map((command, index) => ledgers[index % 2]!.append(command)));
        const streams = [...new Set(commands.flatMap(({ expectations }) => expectations.map((one) => one.stream)))];
        const histories = await ledgers[0]!.readStreams(streams);
        const recorded = [...histories.values()].flatMap(({ events }) => events);
        const acknowledged = results.flatMap((result) =>
          result.status === 'fulfilled' && result.value.outcome === 'appended' ? result.value.events : [],
        );
        const byPosition = (a: { position: number }, b: { position: number }) => a.position - b.position;
        expect(recorded.toSorted(byPosition)).toEqual(acknowledged.toSorted(byPosition));
        for (const { version, events } of histories.values()) {
          expect(events.map((event) => event.version)).toEqual(
            Array.from({ length: version }, (_, index) => index + 1),
          );
        }
      }),
      { numRuns: 30 },
    );
    await Promise.all(ledgers.map((ledger) => ledger.close()));
    expect((await verifyLedger(owner)).problems).toEqual([]);
  });
});
