import { afterAll, describe } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.js';
import { ledgerContract } from '../testing/ledger.contract.js';
import { PostgresLedger } from './postgres-ledger.js';

describe('PostgresLedger', () => {
  const databases: TestDatabase[] = [];
  afterAll(() => Promise.all(databases.map((database) => database.drop())));

  ledgerContract(async () => {
    const database = await createTestDatabase();
    databases.push(database);
    return new PostgresLedger({ url: database.serviceUrl, pollInterval: 200 });
  });
});
