import type { Caller } from '@cartulary/access';
import type { IssuerRecord, Role } from '@cartulary/domain';
import { PostgresLedger, ProjectionDatabase, type RecordedEvent } from '@cartulary/ledger';
import { createTestDatabase } from '@cartulary/ledger/testing';
import { FixedClock } from '@cartulary/runtime';
import { IssuerDirectory, type Settings } from '@cartulary/service';
import { testSettings } from '@cartulary/service/testing';
import { Freshness } from '../projection/freshness.js';
import { Moments } from '../paging/moment.js';
import { Generations } from '../projection/generations.js';
import { Progress } from '../projection/progress.js';
import { Projector } from '../projection/projector.js';
import { Tables } from '../projection/tables.js';
import { appendTo, NOON, type StreamEvent } from './append.fixture.spec.js';
import { aRoot, trustDomain } from './events.fixture.spec.js';

export const callerOf = (role: Role, namespaces?: readonly string[]): Caller => ({
  kind: 'token',
  actor: { id: 'token/test', credential: 'token:abcdef012345' },
  grant: { role, ...(namespaces ? { namespaces } : {}) },
});

export const settings: Settings = { ...testSettings, trustDomain, publicUrl: 'http://pki.test' };

/** A ledger and its projection in a database of their own; as in a process, but nothing is projected unasked. */
export const openWorld = async () => {
  const database = await createTestDatabase();
  const ledger = new PostgresLedger({ url: database.serviceUrl });
  const db = new ProjectionDatabase(database.serviceUrl);
  const owner = new ProjectionDatabase(database.ownerUrl);
  const tables = new Tables(db);
  const generations = new Generations(db);
  const progress = new Progress(generations);
  const projector = new Projector(ledger, tables, settings);
  const freshness = new Freshness(ledger, progress);
  const clock = new FixedClock(NOON);
  const issuers = new IssuerDirectory();
  const root: IssuerRecord = await aRoot();

  const append = async (...events: readonly StreamEvent[]): Promise<readonly RecordedEvent[]> => {
    const appended = await appendTo(ledger, ...events);
    appended.filter(({ stream }) => stream.startsWith('issuer-')).forEach((event) => issuers.apply(event));
    return appended;
  };
  /** What the first generation's consumer does. */
  const handle = async (events: readonly RecordedEvent[]): Promise<void> => {
    await projector.handle(1, events);
    progress.handled(Math.max(0, ...events.map(({ position }) => position)));
  };
  /** Brings everything that is in the ledger into the projection. */
  const project = async (): Promise<void> => {
    for (let after = await generations.position(); ;) {
      const events = await ledger.readAll({ after, limit: 1_000 });
      const last = events.at(-1);
      if (!last) return;
      await handle(events);
      after = last.position;
    }
  };
  const close = async (): Promise<void> => {
    await ledger.close();
    await db.close();
    await owner.close();
    await database.drop();
  };
  return {
    append,
    project,
    close,
    ledger,
    serviceUrl: database.serviceUrl,
    db,
    handle,
    tables,
    generations,
    progress,
    projector,
    issuers,
    root,
    ownerDatabase: () => new ProjectionDatabase(database.ownerUrl),
    ownerQuery: (sql: string) => owner.query(sql),
    clock,
    freshness,
    moments: new Moments(ledger, freshness, clock),
  };
};

export type World = Awaited<ReturnType<typeof openWorld>>;
