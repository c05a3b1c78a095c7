// For tests only, also those of other packages.
export { InMemoryLedger } from './in-memory-ledger.js';
export type { InMemoryLedgerOptions } from './in-memory-ledger.js';
export { createTestDatabase } from './test-database.js';
export type { TestDatabase } from './test-database.js';
export { ledgerContract } from './ledger.contract.js';
export { commandOf, newStream, noteAt, noted, RECORDED_AT } from './commands.js';
export { TcpProxy } from './tcp-proxy.js';
export { startSecuredPostgres } from './secured-postgres.js';
export { TestAuthority } from './test-authority.js';
