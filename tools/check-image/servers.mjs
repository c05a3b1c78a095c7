import { spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { quoted, run } from './shell.mjs';

const inNetwork = (name, hosts, command, env, logFile) => {
  const log = openSync(logFile, 'a');
  const script = `hostname ${name} && mount --bind ${hosts} /etc/hosts && exec ${command.map(quoted).join(' ')}`;
  const child = spawn(
    'ip',
    ['netns', 'exec', name, 'unshare', '-mu', '--propagation', 'private', 'sh', '-ec', script],
    {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env },
    },
  );
  closeSync(log);
  return child;
};

const until = async (what, child, logFile, holds) => {
  for (const end = performance.now() + 120_000; !(await holds()); await sleep(300)) {
    if (child.exitCode === null && performance.now() < end) continue;
    throw new Error(`${what} did not start\n${readFileSync(logFile, 'utf8').slice(-3_000)}`);
  }
};

/** Postgres and Kafka with compose's environment and names, by this machine's programs instead of their images. */
export const startPostgres = async ({ environment }, secrets, networks, scratch) => {
  const [directory, log] = [join(scratch, 'postgres'), join(scratch, 'postgres.log')];
  mkdirSync(directory, { mode: 0o711 });
  chmodSync(scratch, 0o711);
  const env = { ...environment, POSTGRES_PASSWORD_FILE: secrets['owner-password'].file };
  const main = fileURLToPath(new URL('postgres.mjs', import.meta.url));
  const child = inNetwork(
    'postgres',
    networks.hostsFile('postgres'),
    [process.execPath, main, join(directory, 'data')],
    env,
    log,
  );
  await until('postgres', child, log, () => readFileSync(log, 'utf8').includes('ready'));
  return child;
};

export const startKafka = async ({ environment }, jars, networks, scratch) => {
  const [directory, log] = [join(scratch, 'kafka'), join(scratch, 'kafka.log')];
  mkdirSync(directory);
  // As the image does: KAFKA_LOG_DIRS is log.dirs.
  const settings = Object.entries(environment).map(([name, value]) => [
    name.slice('KAFKA_'.length).toLowerCase().replaceAll('_', '.'),
    value,
  ]);
  const properties = join(directory, 'server.properties');
  const given = { ...Object.fromEntries(settings), 'log.dirs': join(directory, 'data') };
  writeFileSync(
    properties,
    Object.entries(given)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const java = ['java', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(jars, '*')];
  await run(java[0], [
    ...java.slice(1),
    'kafka.tools.StorageTool',
    'format',
    '-t',
    '4L6g3nShT-eMCtK--X86sw',
    '-c',
    properties,
  ]);
  const child = inNetwork('kafka', networks.hostsFile('kafka'), [...java, 'kafka.Kafka', properties], {}, log);
  const probe = ['netns', 'exec', 'kafka', 'bash', '-c', `exec 3<>/dev/tcp/${networks.address('kafka')}/9092`];
  await until('kafka', child, log, () =>
    run('ip', probe).then(
      () => true,
      () => false,
    ),
  );
  return child;
};
