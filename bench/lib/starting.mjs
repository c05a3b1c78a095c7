import { setTimeout as sleep } from 'node:timers/promises';
import { memory } from './cpu.mjs';

const POLL_MS = 50;
const PATIENCE_MS = 1_200_000;
const SETTLING_MS = 3_000;

/** Starts one more replica; seconds until it says that it is ready, and its memory in MB then and a little later. */
export const startUntilReady = async (cluster, replica) => {
  const begun = performance.now();
  const { process } = await cluster.add(...replica);
  await untilReadyAlone(cluster, process, begun);
  const seconds = (performance.now() - begun) / 1_000;
  await sleep(SETTLING_MS);
  const { rss, peak } = memory(process.pid);
  return { process, seconds, rss: rss / 1e6, peak: peak / 1e6 };
};

// An answer is not enough: 503 is one too, with what is missing.
const untilReadyAlone = async (cluster, process, begun) => {
  for (;;) {
    const answer = await cluster
      .client(process, 'anybody')
      .getReadiness()
      .catch((error) => ({ ready: false, checks: String(error) }));
    if (answer.ready) return;
    if (!process.running || performance.now() - begun > PATIENCE_MS) {
      throw new Error(`not ready: ${JSON.stringify(answer.checks)}`);
    }
    await sleep(POLL_MS);
  }
};
