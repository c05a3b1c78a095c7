// Servers for tests and for the demonstration of a cluster, and what is measured on them.
export { freePorts } from './free-port.js';
export { Cluster } from './cluster/cluster.js';
export type { ClusterOptions } from './cluster/cluster.js';
export { untilReady } from './cluster/until-ready.js';
export type { ReadyOptions } from './cluster/until-ready.js';
export { percentile } from './latency/percentiles.js';
export { revocationLatency } from './latency/revocation-latency.js';
export type { LatencyOptions } from './latency/revocation-latency.js';
export { POLL_MS } from './latency/ocsp-poller.js';
export { ServiceProcess } from './service-process.js';
export type { ServiceName, ServiceProcessOptions } from './service-process.js';
export { StandaloneProcess } from './standalone-process.js';
export type { StandaloneOptions } from './standalone-process.js';
export { kafkaJars, KafkaMissingError } from './kafka/kafka-jars.js';
export { securedClient } from './kafka/kafka-security.js';
export type { KafkaSecurity } from './kafka/kafka-security.js';
export { startKafka } from './kafka/start-kafka.js';
export type { KafkaOptions, TestKafka } from './kafka/start-kafka.js';
