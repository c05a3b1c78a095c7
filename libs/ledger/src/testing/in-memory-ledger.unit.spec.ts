import { describe } from 'vitest';
import { InMemoryLedger } from './in-memory-ledger.js';
import { ledgerContract } from './ledger.contract.js';

describe('InMemoryLedger', () => ledgerContract(() => Promise.resolve(new InMemoryLedger({ pollInterval: 50 }))));
