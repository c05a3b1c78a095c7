import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Caller } from '@cartulary/access';
import type { DomainEvent, IssuerRecord, Role } from '@cartulary/domain';
import { PostgresLedger, type RecordedEvent } from '@cartulary/ledger';
import { createTestDatabase } from '@cartulary/ledger/testing';
import { FixedClock } from '@cartulary/runtime';
import { Database, IssuerDirectory, type Settings } from '@cartulary/service';
import { Freshness } from '../projection/freshness.js';
import { Progress } from '../projection/progress.js';
import { Projector } from '../projection/projector.js';
import { Tables } from '../projection/tables.js';
import { aRoot, trustDomain } from './events.fixture.spec.js';

export const NOON = '2026-11-22T12:00:00.000Z';

export class PgDatabase extends Database {
  constructor(readonly pool: pg.Pool) {
    super();
  }

  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return (await this.pool.query(sql, [...parameters])).rows as Row[];
  }
}

export const callerOf = (role: Role, namespaces?: readonly string[]): Caller => ({
  kind: 'token',
  actor: { id: 'token/test', credential: 'token:abcdef012345' },
  grant: { role, ...(namespaces ? { namespaces } : {}) },
});

export const settings = { trustDomain, publicUrl: 'http://pki.test' } as Settings;

export type StreamEvent = DomainEvent & { readonly stream: string };

/** A ledger and its projection in a database of their own; as in a process, but nothing is projected unasked. */
export const openWorld = async () => {
  const database = await createTestDatabase();
  const ledger = new PostgresLedger({ url: database.serviceUrl });
  const pool = new pg.Pool({ connectionString: database.serviceUrl, max: 4 });
  // The database is dropped while the server still takes its leave.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new PgDatabase(pool);
  const tables = new Tables(db);
  const progress = new Progress(tables);
  const projector = new Projector(ledger, tables, progress, settings);
  const issuers = new IssuerDirectory();
  const root: IssuerRecord = await aRoot();

  const append = async (...events: readonly StreamEvent[]): Promise<readonly RecordedEvent[]> => {
    const streams = [...new Set(events.map(({ stream }) => stream))];
    const heads = await ledger.heads(streams);
    const appended = await ledger.append({
      expectations: streams.map((stream) => ({ stream, version: heads.get(stream) ?? 0 })),
      events: events.map(({ stream, type, data }) => ({ stream, type, data: data as object })),
      actor: { id: 'token/test', credential: 'token:abcdef012345' },
      correlationId: randomUUID(),
      recordedAt: NOON,
    });
    appended.events.filter(({ stream }) => stream.startsWith('issuer-')).forEach((event) => issuers.apply(event));
    return appended.events;
  };
  /** Brings everything that is in the ledger into the projection. */
  const project = async (): Promise<void> => {
    for (let after = await tables.position(); ;) {
      const events = await ledger.readAll({ after, limit: 1_000 });
      const last = events.at(-1);
      if (!last) return;
      await projector.handle(events);
      after = last.position;
    }
  };
  const close = async (): Promise<void> => {
    await ledger.close();
    await pool.end();
    await database.drop();
  };
  return {
    append,
    project,
    close,
    ledger,
    db,
    tables,
    progress,
    projector,
    issuers,
    root,
    ownerPool: () => new pg.Pool({ connectionString: database.ownerUrl, max: 1 }),
    clock: new FixedClock(NOON),
    freshness: new Freshness(ledger, progress),
  };
};

export type World = Awaited<ReturnType<typeof openWorld>>;
