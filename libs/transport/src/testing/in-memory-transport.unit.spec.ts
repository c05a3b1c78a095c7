import { InMemoryLedger } from '@cartulary/ledger/testing';
import { describe } from 'vitest';
import { InMemoryConsumerStore } from './in-memory-consumer-store.js';
import { InMemoryTransport } from './in-memory-transport.js';
import { transportContract } from './transport.contract.js';

describe('InMemoryTransport', () =>
  transportContract(() => {
    const ledger = new InMemoryLedger({ pollInterval: 50 });
    const store = new InMemoryConsumerStore();
    return Promise.resolve({
      ledger,
      connect: () => Promise.resolve(new InMemoryTransport(ledger, { store })),
      takeOver: 500,
      close: () => ledger.close(),
    });
  }));
