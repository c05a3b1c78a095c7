// The public surface; a deep import is a lint error.
export { Ledger } from './ledger.js';
export { decideOn } from './decide-on.js';
export type { Decided, Decision, DecisionContext, Versioned } from './decide-on.js';
export { FoldedStreams } from './folded-streams.js';
export type { FoldedStream, StreamFold } from './folded-streams.js';
export {
  EventTooLargeError,
  IdempotencyMismatchError,
  InvalidAppendError,
  InvalidDatabaseUrlError,
  LedgerConflictError,
  LedgerError,
  LedgerOverloadedError,
  LedgerUnavailableError,
  MigrationError,
} from './errors.js';
export { leafHash, MAX_ENVELOPE_BYTES } from './envelope.js';
export { erasableHash } from './erasable.js';
export type {
  Actor,
  AppendCommand,
  AppendResult,
  ErasableField,
  Expectation,
  FollowBatch,
  FollowOptions,
  Idempotency,
  IdempotentAppend,
  LedgerHead,
  NewEvent,
  Position,
  ReadAllOptions,
  RecordedEvent,
  StreamHistory,
  StreamName,
  Timestamp,
} from './types.js';
export { PostgresLedger } from './postgres/postgres-ledger.js';
export type { PostgresLedgerOptions } from './postgres/options.js';
export { migrate } from './migrate/migrate.js';
export type { MigrateOptions, MigrateResult } from './migrate/migrate.js';
export { migrationsDirectory } from './migrate/migrations-directory.js';
export { provisionServiceRole } from './migrate/service-role.js';
export type { ServiceRoleOptions } from './migrate/service-role.js';
export { connectionOf, withTls } from './postgres/address.js';
export type { DatabaseTls } from './postgres/address.js';
export { checkDatabase } from './postgres/check-database.js';
export type { DatabaseRefusal, RefusedConnection } from './postgres/check-database.js';
export { describeDatabase } from './postgres/describe-database.js';
export type { DatabaseDescription, Rows } from './postgres/describe-database.js';
export { ProjectionDatabase } from './postgres/projection-database.js';
export { verifyLedger } from './verify/verify-ledger.js';
export type { Queryable, Verification, VerifyOptions } from './verify/verify-ledger.js';
