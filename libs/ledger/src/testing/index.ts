// For tests only, also those of other packages.
export { InMemoryLedger } from './in-memory-ledger.js';
export type { InMemoryLedgerOptions } from './in-memory-ledger.js';
