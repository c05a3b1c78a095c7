import { setTimeout as sleep } from 'node:timers/promises';
import { memory } from './cpu.mjs';

const POLL_MS = 20;
const PATIENCE_MS = 600_000;
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

const untilReadyAlone = async (cluster, process, begun) => {
  for (;;) {
    try {
      await cluster.client(process, 'anybody').getReadiness();
      return;
    } catch (error) {
      if (!process.running || performance.now() - begun > PATIENCE_MS) throw error;
    }
    await sleep(POLL_MS);
  }
};
