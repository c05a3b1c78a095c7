import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { markdownTable } from './format.mjs';

const TOP = 15;

/** `node_modules/pg/lib/client.js` is `pg`, `libs/x509/dist/…` is `libs/x509`, `node:net` is itself. */
const packageOf = (url) => {
  const [, dependency] = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(url) ?? [];
  const [, own] = /\/((?:libs|apps)\/[^/]+)\/dist\//.exec(url) ?? [];
  return own ?? dependency ?? (url || '(engine)');
};

/** Where a service's CPU time went: shares of self time, idling left out. */
const shares = (profile, nameOf) => {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const times = new Map();
  let all = 0;
  profile.samples.forEach((id, index) => {
    const frame = nodes.get(id);
    if (frame.functionName === '(idle)') return;
    const name = nameOf(frame);
    times.set(name, (times.get(name) ?? 0) + profile.timeDeltas[index]);
    all += profile.timeDeltas[index];
  });
  const sorted = [...times].sort(([, a], [, b]) => b - a).slice(0, TOP);
  return { all, rows: sorted.map(([name, time]) => [name, `${((100 * time) / all).toFixed(1)} %`]) };
};

const functionName = ({ functionName: name, url, lineNumber }) =>
  url ? `${name || '(anonymous)'} ${packageOf(url)}:${lineNumber + 1}` : name;

/** Tables of the busiest profiles in a directory that `--cpu-prof` has filled. */
export const profiles = async (directory) => {
  const files = (await readdir(directory)).filter((name) => name.endsWith('.cpuprofile'));
  const read = async (name) => {
    const profile = JSON.parse(await readFile(join(directory, name), 'utf8'));
    const packages = shares(profile, ({ url, functionName: what }) => (url ? packageOf(url) : what));
    return { name, packages, functions: shares(profile, functionName) };
  };
  const all = (await Promise.all(files.map(read))).sort((a, b) => b.packages.all - a.packages.all);
  return all
    .slice(0, 3)
    .map(({ name, packages, functions }) =>
      [
        `${name}: ${(packages.all / 1e6).toFixed(1)} s of CPU time`,
        markdownTable(['package', 'self time'], packages.rows),
        markdownTable(['function', 'self time'], functions.rows),
      ].join('\n\n'),
    );
};
