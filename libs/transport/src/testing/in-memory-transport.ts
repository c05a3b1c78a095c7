import { type Ledger } from '@cartulary/ledger';
import { LedgerTransport } from '../ledger/ledger-transport.js';
import { InMemoryConsumerStore } from './in-memory-consumer-store.js';

export interface InMemoryTransportOptions {
  readonly attempts?: number;
  /** What groups keep, to be shared by several transports over one ledger. */
  readonly store?: InMemoryConsumerStore;
}

/** A transport for unit tests, over an InMemoryLedger: its groups are forgotten with it. */
export class InMemoryTransport extends LedgerTransport {
  constructor(ledger: Ledger, { attempts = 3, store = new InMemoryConsumerStore() }: InMemoryTransportOptions = {}) {
    super(ledger, store, { retry: { attempts, firstPause: 1, longestPause: 20 } });
  }
}
