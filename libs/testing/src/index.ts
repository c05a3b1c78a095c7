// Servers for tests.
export { freePorts } from './free-port.js';
export { Cluster } from './cluster/cluster.js';
export type { ClusterOptions } from './cluster/cluster.js';
export { ServiceProcess } from './service-process.js';
export type { ServiceName, ServiceProcessOptions } from './service-process.js';
export { StandaloneProcess } from './standalone-process.js';
export type { StandaloneOptions } from './standalone-process.js';
export { KafkaMissingError } from './kafka/kafka-jars.js';
export { startKafka } from './kafka/start-kafka.js';
export type { KafkaOptions, TestKafka } from './kafka/start-kafka.js';
