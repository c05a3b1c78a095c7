// A process that appends synthetic events, 50 a command.
import { once } from 'node:events';
import { PostgresLedger } from '@cartulary/ledger';
import { eventOf } from './synthetic.mjs';

const COMMAND = 50;
const LANES = 24;

process.once('disconnect', () => process.exit());
const [options] = await once(process, 'message');
const ledger = new PostgresLedger({ url: options.url, statementTimeout: 60_000, queueTimeout: 120_000 });
let next = options.from;

const appendSome = async () => {
  while (next < options.to) {
    const first = next;
    next = Math.min(options.to, first + COMMAND);
    const all = Array.from({ length: next - first }, (_, index) => eventOf(options, first + index));
    await ledger.append({
      expectations: all.map(({ stream, version }) => ({ stream, version })),
      events: all.map(({ stream, type, data }) => ({ stream, type, data })),
      actor: { id: 'system:bench', credential: 'system' },
      correlationId: 'bench',
      recordedAt: new Date(options.now).toISOString(),
    });
  }
};

await Promise.all(Array.from({ length: LANES }, appendSome));
await ledger.close();
process.disconnect();
