// A consumer in a process of its own, to be killed: tells its parent of each event while it handles it.
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresLedger } from '@cartulary/ledger';
import { LedgerTransport } from '../ledger/ledger-transport.js';
import { PostgresConsumerStore } from '../ledger/postgres-consumer-store.js';

const [url, group] = process.argv.slice(2) as [string, string];
const transport = new LedgerTransport(new PostgresLedger({ url }), new PostgresConsumerStore({ url }), {
  batchSize: 3,
});
transport.consume({
  group,
  handle: async (events) => {
    for (const { position } of events) {
      process.send!(position);
      await sleep(2);
    }
  },
});
process.once('disconnect', () => process.exit());
