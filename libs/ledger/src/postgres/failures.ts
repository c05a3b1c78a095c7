import pg from 'pg';
import { LedgerError, LedgerUnavailableError } from '../errors.js';

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The server has ended the statement with an error and nothing of it remains; the connection lives on. */
export const isRolledBack = (error: unknown): error is pg.DatabaseError =>
  error instanceof pg.DatabaseError && error.severity === 'ERROR';

// Connections, transactions to be tried again, resources, operators, system errors; waiting too long for a lock;
// and read-only: the server has become a standby.
const PASSING = /^(08|40|53|57|58)|^55P03$|^25006$/;

/** Whether the same statement may succeed later. */
export const isPassing = (error: unknown): boolean =>
  !(error instanceof pg.DatabaseError) || error.severity !== 'ERROR' || PASSING.test(error.code ?? '');

/** What a read failed with, in the ledger's words. Mistakes (of SQL, of grants) stay what they are. */
export function asUnavailable(error: unknown): unknown {
  if (error instanceof LedgerError || !isPassing(error)) return error;
  return new LedgerUnavailableError(describe(error), { cause: error });
}

/** Postgres was not asked: nothing was appended. */
export const unreachable = (error: unknown): LedgerUnavailableError =>
  new LedgerUnavailableError(describe(error), { cause: error });

export const outcomeUnknown = (error: unknown): LedgerUnavailableError =>
  new LedgerUnavailableError(describe(error), { cause: error, outcomeUnknown: true });
