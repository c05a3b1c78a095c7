import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

// nginx lies in sbin, which is not in everybody's PATH.
const found = (name) =>
  [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'].some((directory) =>
    existsSync(`${directory}/${name}`),
  );

/** The programs of others that judge us, and the Debian packages they come in. */
const counterparts = { openssl: 'openssl', nginx: 'nginx-light' };

const aptGet = (...args) =>
  spawnSync('apt-get', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    // At run level 1 Debian does not start a service that it has just installed.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  }).status === 0;

/** Installs what is missing where that is possible; says what still is. */
export const ensureCounterparts = (say) => {
  const missing = () => Object.keys(counterparts).filter((name) => !found(name));
  const absent = missing();
  if (absent.length > 0 && process.getuid?.() === 0 && found('apt-get')) {
    const packages = absent.map((name) => counterparts[name]);
    say(`installing ${packages.join(', ')}`);
    aptGet('-qq', 'update');
    aptGet('-qq', 'install', '-y', '--no-install-recommends', ...packages);
  }
  return missing().map((name) => `${name} is missing: apt-get install ${counterparts[name]}`);
};
