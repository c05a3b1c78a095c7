import { setTimeout as sleep } from 'node:timers/promises';
import { startWriters, stopWriters } from './writers.mjs';

const LOOK_MS = 20;

/** Whether appends stay as fast while the ledger grows: one row of writers, the rate of each step. */
export const growth = async (report, place, pick) => {
  const [step, target] = pick([1_000, 3_000], [50_000, 300_000], [500_000, 5_000_000]);
  const { url, owner } = await place.database('growing');
  const head = async () => Number((await owner.query('SELECT position FROM cartulary.ledger_head')).rows[0].position);
  const writers = startWriters(4, { mode: 'ledger', url, batch: 300, connections: 2, warmUp: 0, seconds: 36_000 });
  const points = [];
  try {
    let [before, since] = [0, performance.now()];
    while (before < target) {
      await sleep(LOOK_MS);
      const position = await head();
      if (position < before + step) continue;
      const now = performance.now();
      points.push({ x: position, value: ((position - before) * 1_000) / (now - since) });
      [before, since] = [position, now];
    }
  } finally {
    await stopWriters(writers);
  }
  report.series('ledger-growth', {
    ...{ title: 'Append rate as the ledger grows', x: 'events in the ledger', y: 'events/s of the last step' },
    lines: [{ name: 'batches of 300', points }],
  });
};
