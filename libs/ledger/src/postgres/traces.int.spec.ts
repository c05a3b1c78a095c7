import { trace, TraceFlags } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import pg from 'pg';
import { verifyLedger } from '../verify/verify-ledger.js';
import { newStream, noteAt } from '../testing/commands.js';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.js';
import { type RecordedEvent } from '../types.js';
import { PostgresLedger } from './postgres-ledger.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
let database: TestDatabase;
let spans = 0;
let tracing = false;
const ledgers: PostgresLedger[] = [];
const open = (traces: boolean): PostgresLedger => {
  const ledger = new PostgresLedger({ url: database.serviceUrl, pollInterval: 50, traces });
  ledgers.push(ledger);
  return ledger;
};

beforeAll(async () => {
  registerTracer();
  database = await createTestDatabase();
});
afterEach(() => (tracing = false));
afterAll(async () => {
  await Promise.all(ledgers.map((ledger) => ledger.close()));
  await database.drop();
  trace.disable();
});

/** Every span is one of this trace, recorded while `tracing` says so. */
const registerTracer = (): void => {
  const startActiveSpan = (...args: readonly unknown[]): unknown => {
    if (tracing) spans++;
    const spanId = Math.max(1, spans).toString(16).padStart(16, '0');
    const span = trace.wrapSpanContext({ traceId, spanId, traceFlags: TraceFlags.SAMPLED });
    return (args.at(-1) as (s: unknown) => unknown)(Object.assign(span, { isRecording: () => tracing }));
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startActiveSpan }) as never });
};

const read = async (ledger: PostgresLedger): Promise<readonly RecordedEvent[]> => {
  for await (const { events } of ledger.follow({ after: 0, signal: new AbortController().signal })) return events;
  return [];
};

it('keeps where a trace goes on beside the ledger, and gives it to followers that ask for it', async () => {
  const ledger = open(true);
  await ledger.append(noteAt(newStream()));
  tracing = true;
  const stream = newStream();
  const { events } = await ledger.append(noteAt(stream));
  tracing = false;
  await ledger.append(noteAt(newStream()));

  expect(events[0]).not.toHaveProperty('traceparent');
  const given = (await read(ledger)).map(({ traceparent }) => traceparent);
  expect(given).toEqual([undefined, `00-${traceId}-0000000000000001-01`, undefined]);
  expect((await read(open(false))).every((event) => !('traceparent' in event))).toBe(true);
  expect((await ledger.readStream(stream)).events).toEqual(events);
});

it('loses nothing but traces when the table is emptied, and does not let a refused append stand in the way', async () => {
  const ledger = open(true);
  const stream = newStream();
  tracing = true;
  await ledger.append(noteAt(stream));
  await expect(ledger.append(noteAt(stream))).rejects.toMatchObject({ code: 'LEDGER_CONFLICT' });
  tracing = false;
  const owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
  await owner.query('TRUNCATE cartulary.trace_contexts');
  expect((await read(ledger)).every(({ traceparent }) => traceparent === undefined)).toBe(true);
  const { problems } = await verifyLedger(owner).finally(() => owner.end());
  expect(problems).toEqual([]);
});
