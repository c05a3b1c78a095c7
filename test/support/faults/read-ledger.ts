import pg from 'pg';
import { PostgresLedger, type RecordedEvent, verifyLedger } from '@cartulary/ledger';
import type { Fact } from './evidence.js';

const PAGE = 1_000;

export const readEvents = async (url: string): Promise<RecordedEvent[]> => {
  const ledger = new PostgresLedger({ url, readConnections: 1 });
  const all: RecordedEvent[] = [];
  try {
    for (;;) {
      const events = await ledger.readAll({ after: all.at(-1)?.position ?? 0, limit: PAGE });
      all.push(...events);
      if (events.length < PAGE) return all;
    }
  } finally {
    await ledger.close();
  }
};

/** An event as the checker of commands and answers sees it. */
export const factOf = ({ position, stream, type, committedAt, correlationId, data }: RecordedEvent): Fact => ({
  position,
  stream,
  type,
  committedAt: Date.parse(committedAt),
  correlationId,
  data,
});

export const readFacts = async (url: string): Promise<Fact[]> => (await readEvents(url)).map(factOf);

/** What verifyLedger finds wrong with the rows themselves; the ledger must be at rest. */
export const ledgerProblems = async (url: string): Promise<readonly string[]> => {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  try {
    return (await verifyLedger(pool)).problems;
  } finally {
    await pool.end();
  }
};
