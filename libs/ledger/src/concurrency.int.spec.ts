import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded/embedded-postgres.js';
import { PostgresLedger } from './postgres/postgres-ledger.js';
import { createTestDatabase, type TestDatabase } from './testing/test-database.js';
import { type RecordedEvent } from './types.js';
import { verifyLedger } from './verify/verify-ledger.js';

const FULL = process.env['CARTULARY_FULL'] === '1';
const [RUNS, SECONDS] = FULL ? [10, 3] : [2, 1.5];
const [PROCESSES, WRITERS, READERS] = [4, 25, 3];

const worker = join(import.meta.dirname, 'testing', 'writer.worker.ts');
const loader = join(import.meta.dirname, 'testing', 'source-loader.mjs');
const execArgv = ['--conditions=source', '--experimental-transform-types', '--no-warnings', `--import=${loader}`];

interface Acknowledged {
  readonly position: number;
  readonly id: string;
}

/** A reader as a process would have it: everything it saw, in the order it saw it. */
function follow(url: string) {
  const ledger = new PostgresLedger({ url });
  const stop = new AbortController();
  const seen: RecordedEvent[] = [];
  const running = (async () => {
    for await (const { events } of ledger.follow({ after: 0, signal: stop.signal, batchSize: 97 }))
      seen.push(...events);
    await ledger.close();
  })();
  return { seen, stop: () => (stop.abort(), running) };
}

async function stopWriter(child: ChildProcess): Promise<Acknowledged[]> {
  const message = once(child, 'message');
  child.send('stop');
  const [{ acknowledged }] = (await message) as [{ acknowledged: Acknowledged[] }];
  return acknowledged;
}

describe.each([
  ['a Postgres on its disk', {}],
  // Each commit waits 5 ms, whether or not others are under way.
  ['a Postgres whose commits take 5 ms more', { commit_delay: '5000', commit_siblings: '0' }],
])('4 processes with 25 writers each, 3 readers, on %s', (_name, settings) => {
  let directory: string;
  let postgres: EmbeddedPostgres;
  let database: TestDatabase;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cartulary-concurrency-'));
    await chmod(directory, 0o711);
    postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'data'), settings });
  });
  afterAll(async () => {
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  });

  let writers: ChildProcess[] = [];
  afterEach(() => writers.forEach((writer) => writer.kill()));

  it.each(Array.from({ length: RUNS }, (_, run) => run + 1))(
    'loses, doubles and reorders nothing, run %i',
    async () => {
      database = await createTestDatabase(postgres.ownerUrl(), { partitionSize: 2_000 });
      const order = JSON.stringify({ url: database.serviceUrl, writers: WRITERS, sharedStreams: 7 });
      writers = Array.from({ length: PROCESSES }, () => fork(worker, [order], { execArgv }));
      const readers = Array.from({ length: READERS }, () => follow(database.serviceUrl));
      while (readers[0]!.seen.length === 0) await sleep(20);
      await sleep(SECONDS * 1_000);
      const acknowledged = (await Promise.all(writers.map(stopWriter))).flat();
      const owner = new pg.Client({ connectionString: database.ownerUrl });
      await owner.connect();
      const { events: recorded, problems } = await verifyLedger(owner);
      expect(problems).toEqual([]);
      while (readers.some(({ seen }) => (seen.at(-1)?.position ?? 0) < recorded)) await sleep(20);
      const expected = Array.from({ length: recorded }, (_, index) => index + 1);
      for (const { seen, stop } of readers) {
        await stop();
        expect(seen.map(({ position }) => position)).toEqual(expected);
      }
      const byPosition = acknowledged.toSorted((a, b) => a.position - b.position);
      expect(byPosition).toEqual(readers[0]!.seen.map(({ position, id }) => ({ position, id })));
      expect(recorded).toBeGreaterThan(PROCESSES * WRITERS);
      await owner.end();
      await database.drop();
    },
  );
});
