// The public surface; a deep import is a lint error.
export { Transport } from './transport.js';
export type {
  ConsumeSubscription,
  Consumer,
  Follower,
  FollowSubscription,
  PoisonEvent,
  StateCut,
  StateSubscription,
} from './transport.js';
export { TransientError } from './errors.js';
export { LedgerTransport } from './ledger/ledger-transport.js';
export type { ConsumerOptions } from './ledger/ledger-consumer.js';
export type { ConsumerStore, Lead } from './ledger/consumer-store.js';
export type { RetryOptions } from './ledger/retry.js';
export { PostgresConsumerStore } from './ledger/postgres-consumer-store.js';
export type { PostgresConsumerStoreOptions } from './ledger/postgres-consumer-store.js';

export { checkKafka } from './kafka/check-kafka.js';
export type { KafkaRefusal, RefusedByKafka } from './kafka/check-kafka.js';
export { kafkaClusterId } from './kafka/client.js';
export { reachKafka } from './kafka/reach-kafka.js';
export type { KafkaReach } from './kafka/reach-kafka.js';
export { KafkaTransport } from './kafka/kafka-transport.js';
export type { KafkaTransportOptions } from './kafka/kafka-transport.js';
export type { GroupSettings, KafkaSettings } from './kafka/settings.js';
export type { TopicOptions } from './kafka/create-topics.js';
export { relayState } from './relay/relay-state.js';
export type { RelayState } from './relay/relay-state.js';
export { Relay } from './relay/relay.js';
export type { RelayOptions } from './relay/relay.js';
export type { LeadTiming } from './relay/relay-lead.js';
