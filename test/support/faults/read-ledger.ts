import pg from 'pg';
import { PostgresLedger, verifyLedger } from '@cartulary/ledger';
import type { Fact } from './evidence.js';

const PAGE = 1_000;

/** Every event, as the checker sees it. */
export const readFacts = async (url: string): Promise<Fact[]> => {
  const ledger = new PostgresLedger({ url, readConnections: 1 });
  const facts: Fact[] = [];
  try {
    for (;;) {
      const events = await ledger.readAll({ after: facts.at(-1)?.position ?? 0, limit: PAGE });
      for (const { position, stream, type, committedAt, correlationId, data } of events) {
        facts.push({ position, stream, type, committedAt: Date.parse(committedAt), correlationId, data });
      }
      if (events.length < PAGE) return facts;
    }
  } finally {
    await ledger.close();
  }
};

/** What verifyLedger finds wrong with the rows themselves; the ledger must be at rest. */
export const ledgerProblems = async (url: string): Promise<readonly string[]> => {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  try {
    return (await verifyLedger(pool)).problems;
  } finally {
    await pool.end();
  }
};
