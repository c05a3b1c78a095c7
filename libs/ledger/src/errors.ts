import { type StreamName } from './types.js';

/** Everything that the ledger refuses or fails with on purpose; `code` is stable. */
export abstract class LedgerError extends Error {
  abstract readonly code: string;
  override get name(): string {
    return this.constructor.name;
  }
}

/** A stream has moved on since the decision was made: load, decide again. */
export class LedgerConflictError extends LedgerError {
  readonly code = 'LEDGER_CONFLICT';
  constructor(
    readonly stream: StreamName,
    readonly expectedVersion: number,
    readonly actualVersion: number,
    options?: ErrorOptions,
  ) {
    super(`stream ${stream} is at version ${actualVersion}, not at ${expectedVersion}`, options);
  }
}

/** The idempotency key was used before for a different request. */
export class IdempotencyMismatchError extends LedgerError {
  readonly code = 'IDEMPOTENCY_MISMATCH';
  constructor(
    readonly key: string,
    options?: ErrorOptions,
  ) {
    super(`idempotency key ${key} was used before for a different request`, options);
  }
}

/** One envelope is longer than a tile entry can be. */
export class EventTooLargeError extends LedgerError {
  readonly code = 'EVENT_TOO_LARGE';
  constructor(
    readonly type: string,
    readonly bytes: number,
    readonly limit: number,
    options?: ErrorOptions,
  ) {
    super(`a ${type} event takes ${bytes} bytes, the limit is ${limit}`, options);
  }
}

/** The command breaks the ledger's rules, whatever the ledger holds: a mistake of the caller's code. */
export class InvalidAppendError extends LedgerError {
  readonly code = 'INVALID_APPEND';
}

export interface UnavailableOptions extends ErrorOptions {
  readonly outcomeUnknown?: boolean;
}

/** Postgres can't be reached or did not answer in time. Nothing was appended, unless `outcomeUnknown`. */
export class LedgerUnavailableError extends LedgerError {
  readonly code = 'LEDGER_UNAVAILABLE';
  /** The append may or may not be in the ledger; ask again with its idempotency key. */
  readonly outcomeUnknown: boolean;
  constructor(reason: string, options: UnavailableOptions = {}) {
    super(`the ledger is unavailable: ${reason}${options.outcomeUnknown ? ' (outcome unknown)' : ''}`, options);
    this.outcomeUnknown = options.outcomeUnknown ?? false;
  }
}

/** More appends are waiting than the queue may hold; nothing was appended. */
export class LedgerOverloadedError extends LedgerError {
  readonly code = 'LEDGER_OVERLOADED';
  constructor(readonly waiting: number) {
    super(`${waiting} appends are waiting already`);
  }
}

/** A migration that was applied has another text now, or the database is ahead of this release. */
export class MigrationError extends LedgerError {
  readonly code = 'MIGRATION_FAILED';
}

/** A URL of Postgres that can't be meant. */
export class InvalidDatabaseUrlError extends LedgerError {
  readonly code = 'INVALID_DATABASE_URL';
}
