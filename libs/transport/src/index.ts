// The public surface; a deep import is a lint error.
export { Transport } from './transport.js';
export type { ConsumeSubscription, Consumer, Follower, FollowSubscription, PoisonEvent } from './transport.js';
export { TransientError } from './errors.js';
export { LedgerTransport } from './ledger/ledger-transport.js';
export type { ConsumerOptions } from './ledger/ledger-consumer.js';
export type { ConsumerStore, Lead } from './ledger/consumer-store.js';
export type { RetryOptions } from './ledger/retry.js';
export { PostgresConsumerStore } from './ledger/postgres-consumer-store.js';
export type { PostgresConsumerStoreOptions } from './ledger/postgres-consumer-store.js';
