// A process with some subscribers of one ledger: says of each position when the last of them had it.
import { PostgresLedger } from '@cartulary/ledger';

const { url, count } = JSON.parse(process.argv[2]);
const ledger = new PostgresLedger({ url });
const stopping = new AbortController();
const seen = new Map();
process.once('disconnect', () => {
  stopping.abort();
  void ledger.close().then(() => process.exit());
});

const note = (position) => {
  const times = (seen.get(position) ?? 0) + 1;
  seen.set(position, times);
  if (times === count) process.send({ position, at: performance.timeOrigin + performance.now() });
};

const { position: after } = await ledger.head();
let waiting = count;
for (let n = 0; n < count; n++) void follow();

async function follow() {
  let caughtUp = false;
  for await (const batch of ledger.follow({ after, signal: stopping.signal })) {
    if (!caughtUp && --waiting === 0) process.send('ready');
    caughtUp = true;
    for (const { position } of batch.events) note(position);
  }
}
