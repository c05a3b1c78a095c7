import { readdirSync, readFileSync } from 'node:fs';

// POSIX leaves the tick open; on Linux userland has seen 100 a second on every architecture since long.
const MS_PER_TICK = 10;

/** Of every process: parent and CPU time so far in ms, its children's that have ended included. */
const processTable = () => {
  const table = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      // The command's name is in parentheses and may hold any character.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const [parent, ticks] = [Number(fields[1]), fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)];
      table.set(Number(name), { parent, ms: ticks * MS_PER_TICK });
    } catch {
      // It ended meanwhile.
    }
  }
  return table;
};

const isBelow = (table, pid, root) => {
  for (let at = pid; at > 1; at = table.get(at)?.parent ?? 0) if (at === root) return true;
  return false;
};

/** CPU time in ms of each named process with everything below it: `{ issuance: 123, postgres: 456 }`. */
export const cpuTimes = (roots) => {
  const table = processTable();
  const of = (root) => [...table].reduce((sum, [pid, { ms }]) => (isBelow(table, pid, root) ? sum + ms : sum), 0);
  return Object.fromEntries(Object.entries(roots).map(([name, pid]) => [name, of(pid)]));
};

export const cpuSince = (before, roots) =>
  Object.fromEntries(Object.entries(cpuTimes(roots)).map(([name, ms]) => [name, ms - (before[name] ?? 0)]));

export const total = (times) => Object.values(times).reduce((sum, ms) => sum + ms, 0);

/** In bytes: what the process holds now, and what it held at most. */
export const memory = (pid) => {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const of = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024;
  return { rss: of('VmRSS'), peak: of('VmHWM') };
};
