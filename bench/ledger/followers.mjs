import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresLedger } from '@cartulary/ledger';
import { cpuSince, cpuTimes } from '../lib/cpu.mjs';
import { percentile } from '../lib/statistics.mjs';

const PER_PROCESS = 8;

/** What it costs that others follow: Postgres' CPU time for an event, and how long until all have seen it. */
export const followers = async (report, place, pick) => {
  const counts = pick([0, 2], [0, 4, 16, 32], [0, 4, 16, 64]);
  const appends = pick(20, 150, 500);
  const { url } = await place.database('followed');
  const ledger = new PostgresLedger({ url });
  const [cost, delay] = [[], []];
  try {
    for (const count of counts) {
      const group = await Followers.start(url, count);
      const before = cpuTimes({ postgres: place.postgres.pid });
      const delays = [];
      for (let n = 0; n < appends; n++) {
        const { position } = await append(ledger, `${count}-${n}`);
        const acknowledged = performance.timeOrigin + performance.now();
        if (count > 0) delays.push(Math.max(0, (await group.seen(position)) - acknowledged));
        await sleep(2);
      }
      const { postgres } = cpuSince(before, { postgres: place.postgres.pid });
      cost.push({ x: count, value: postgres / appends });
      if (count > 0) delay.push({ x: count, value: percentile(delays, 0.5), p99: percentile(delays, 0.99) });
      await group.stop();
    }
  } finally {
    await ledger.close();
  }
  report.series('ledger-followers', {
    ...{ title: 'An append that others follow', x: 'subscribers attached', y: 'Postgres’ CPU ms per event' },
    lines: [{ name: 'single events, one after another', points: cost }],
  });
  report.table(
    'From the acknowledgement until the last subscriber has it',
    ['subscribers', 'p50 ms', 'p99 ms'],
    delay.map(({ x, value, p99 }) => [x, value, p99]),
  );
};

const append = async (ledger, name) => {
  const stream = `certificate-${name}`;
  const { events } = await ledger.append({
    expectations: [{ stream, version: 0 }],
    events: [{ stream, type: 'CertificateIssued', data: { fill: 'x'.repeat(360) } }],
    actor: { id: 'system:bench', credential: 'system' },
    correlationId: stream,
    recordedAt: '2026-03-01T12:00:00.000Z',
  });
  return events[0];
};

/** Processes with eight subscribers each, as services have several; each says what it has seen and when. */
class Followers {
  static async start(url, count) {
    const group = new Followers();
    const processes = Math.ceil(count / PER_PROCESS);
    const file = join(import.meta.dirname, 'follower.mjs');
    group.children = Array.from({ length: processes }, (_, index) =>
      fork(file, [JSON.stringify({ url, count: Math.min(PER_PROCESS, count - index * PER_PROCESS) })]),
    );
    group.reports = new Map();
    await Promise.all(group.children.map((child) => once(child, 'message')));
    for (const child of group.children) child.on('message', (seen) => group.#take(seen));
    return group;
  }

  #take({ position, at }) {
    const known = this.reports.get(position) ?? { count: 0, at: 0, wake: () => undefined };
    const report = { ...known, count: known.count + 1, at: Math.max(known.at, at) };
    this.reports.set(position, report);
    if (report.count === this.children.length) report.wake(report.at);
  }

  /** When (Unix ms) the last of all had it. */
  seen(position) {
    const known = this.reports.get(position);
    if (known?.count === this.children.length) return known.at;
    return new Promise((wake) => this.reports.set(position, { count: 0, at: 0, ...known, wake }));
  }

  async stop() {
    for (const child of this.children) child.disconnect();
    await Promise.all(this.children.map(async (child) => child.exitCode ?? (await once(child, 'exit'))));
  }
}
