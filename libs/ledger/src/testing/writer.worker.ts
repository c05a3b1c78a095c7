// One of several processes that write to one ledger: `writers` lanes, each appending to streams that lanes of all
// processes share, until told to stop. Says which positions were acknowledged.
import { decideOn, PostgresLedger } from '../index.js';

interface Order {
  readonly url: string;
  readonly writers: number;
  readonly sharedStreams: number;
}

const { url, writers, sharedStreams } = JSON.parse(process.argv[2]!) as Order;
const ledger = new PostgresLedger({ url });
const acknowledged: { position: number; id: string }[] = [];
let running = true;

async function write(writer: number): Promise<void> {
  for (let count = 0; running; count++) {
    const own = `writer-${process.pid}.${writer}`;
    const shared = `shared-${(writer * 31 + count * 17) % sharedStreams}`;
    const decided = await decideOn(
      ledger,
      {
        streams: count % 5 === 0 ? [own, shared] : [own],
        actor: { id: 'system:test', credential: 'system' },
        correlationId: `${process.pid}`,
        recordedAt: '2026-03-01T12:00:00.000Z',
        attempts: 1_000,
      },
      (histories) => ({
        events: [...histories.keys()].map((stream) => ({
          stream,
          type: 'Noted',
          data: { count, fill: 'x'.repeat(400) },
        })),
        result: undefined,
      }),
    );
    acknowledged.push(...decided.events.map(({ position, id }) => ({ position, id })));
  }
}

process.once('message', () => (running = false));
process.once('disconnect', () => process.exit()); // also when the test itself has died
await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
await ledger.close();
process.send!({ acknowledged }, undefined, undefined, () => process.disconnect());
