// For tests only, also those of other packages.
export { InMemoryTransport } from './in-memory-transport.js';
export type { InMemoryTransportOptions } from './in-memory-transport.js';
export { InMemoryConsumerStore } from './in-memory-consumer-store.js';
export { transportContract } from './transport.contract.js';
export type { TransportHarness } from './transport.contract.js';
export { stateRecordsOf } from './state-records-of.js';
export type { StateRecord } from '../relay/state-record.js';
