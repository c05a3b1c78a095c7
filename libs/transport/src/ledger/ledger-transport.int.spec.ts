import { PostgresLedger } from '@cartulary/ledger';
import { createTestDatabase } from '@cartulary/ledger/testing';
import { describe } from 'vitest';
import { transportContract } from '../testing/transport.contract.js';
import { LedgerTransport } from './ledger-transport.js';
import { PostgresConsumerStore } from './postgres-consumer-store.js';

const retry = { attempts: 3, firstPause: 1, longestPause: 20 };

describe('LedgerTransport', () =>
  transportContract(async () => {
    const database = await createTestDatabase();
    const ledger = new PostgresLedger({ url: database.serviceUrl });
    return {
      ledger,
      connect: () =>
        Promise.resolve(
          new LedgerTransport(ledger, new PostgresConsumerStore({ url: database.serviceUrl }), { retry }),
        ),
      takeOver: 2_000,
      close: async () => {
        await ledger.close();
        await database.drop();
      },
    };
  }));
