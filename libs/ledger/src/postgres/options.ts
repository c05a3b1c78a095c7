import { type BatcherLimits } from './append-batcher.js';
import { type SenderSettings } from './append-sender.js';

export interface Settings extends BatcherLimits, SenderSettings {
  readonly readConnections: number;
  /** Milliseconds for a short read in Postgres, and for a connection for it; who waits is told a second later. */
  readonly readTimeout: number;
  /** Batches that travel at the same time. */
  readonly appendConnections: number;
  /** Milliseconds after which a follower looks again without being woken. */
  readonly pollInterval: number;
  /** Whether followers get the events' traceparent; it costs them a join. */
  readonly traces: boolean;
  /** Positions between two looks whether the next partition is there. */
  readonly partitionCheckInterval: number;
  /** Told of failures that no caller sees (a follower's read); for the log. */
  readonly onTrouble: (what: string, error: unknown) => void;
}

/** `url` is the service role's; everything else has a default. */
export type PostgresLedgerOptions = Partial<Settings> & Pick<Settings, 'url'>;

const DEFAULTS: Omit<Settings, 'url'> = {
  readConnections: 8,
  readTimeout: 3_000,
  appendConnections: 2,
  maxBatchCommands: 300,
  maxBatchBytes: 1_048_576,
  maxQueue: 10_000,
  queueTimeout: 10_000,
  gathering: 2,
  connectTimeout: 5_000,
  statementTimeout: 10_000,
  lockTimeout: 5_000,
  resolveTimeout: 10_000,
  pollInterval: 250,
  partitionCheckInterval: 10_000,
  traces: false,
  onTrouble: () => undefined,
};

export const withDefaults = (options: PostgresLedgerOptions): Settings => ({ ...DEFAULTS, ...options });
