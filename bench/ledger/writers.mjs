import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { cpuSince, cpuTimes } from '../lib/cpu.mjs';

const writer = join(import.meta.dirname, 'writer.mjs');

/** Processes that append as fast as they can; each goes when it is told to, or when its time is over. */
export const startWriters = (count, options) =>
  Array.from({ length: count }, () => fork(writer, [JSON.stringify(options)]));

export const stopWriters = async (writers) => {
  for (const child of writers) child.kill();
  await Promise.all(writers.map(async (child) => child.exitCode ?? child.signalCode ?? (await once(child, 'exit'))));
};

/** Events a second of all, Postgres' CPU time for each in ms, and how far the processes lie apart in per cent. */
export const measureWriters = async (count, options, postgresPid) => {
  const said = startWriters(count, options).map(inTurn);
  await Promise.all(said.map(([counting]) => counting));
  const before = cpuTimes({ postgres: postgresPid });
  const counts = (await Promise.all(said.map(([, counted]) => counted))).map(({ events }) => events);
  const { postgres } = cpuSince(before, { postgres: postgresPid });
  const events = counts.reduce((sum, one) => sum + one, 0);
  const apart = (100 * (Math.max(...counts) - Math.min(...counts))) / (events / count);
  return { rate: events / options.seconds, cpu: postgres / events, apart };
};

/** A process's two messages; the second of one may well come before the first of another. */
const inTurn = (child) => {
  const first = once(child, 'message').then(([message]) => message);
  const second = new Promise((resolve, reject) => {
    child.on('message', (message) => 'events' in message && resolve(message));
    child.once('exit', (code) => reject(new Error(`a writer ended with ${code}`)));
  });
  second.catch(() => undefined);
  return [first, second];
};
