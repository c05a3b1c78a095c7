// `npm run check:image`: what Dockerfile and docker-compose.yml say, done by hand where there is no Docker: each step of
// the Dockerfile in a layer over this machine's Debian; then every service in namespaces of its own (network, mounts),
// with compose's environment, networks, volumes and secrets, as its user, without rights, on a read-only root, until its
// own health check passes; then a certificate's life. As root on Linux; some minutes. `--layers <directory>` keeps what was
// built there, and takes it from there when it is there.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kafkaJars } from '@cartulary/testing';
import { build, mountRoot, sizeOf } from './build.mjs';
import { readCompose, startOrder } from './compose.mjs';
import { Container, makeVolumes } from './container.mjs';
import { imageConfig, readDockerfile } from './dockerfile.mjs';
import { Networks } from './network.mjs';
import { startKafka, startPostgres } from './servers.mjs';
import { run } from './shell.mjs';

const source = fileURLToPath(new URL('../..', import.meta.url));
const start = performance.now();
const say = (text) =>
  process.stdout.write(`${String(Math.round((performance.now() - start) / 1_000)).padStart(4)} s  ${text}\n`);

const [flag, value] = process.argv.slice(2);
if (flag !== '--inside') {
  const scratch = mkdtempSync(join(tmpdir(), 'cartulary-image-'));
  const layers = flag === '--layers' ? value : join(scratch, 'layers');
  try {
    if (!existsSync(layers)) {
      mkdirSync(layers, { recursive: true });
      const upper = await build(source, layers, readDockerfile(join(source, 'Dockerfile')), say);
      say(`the last stage adds ${await sizeOf(upper)} MB`);
    }
    await kafkaJars();
    // From here on in a network and a table of mounts of our own: nothing that is left over outlives this process.
    const again = [process.execPath, fileURLToPath(import.meta.url), '--inside', scratch, layers];
    await run('unshare', ['-mn', '--propagation', 'private', ...again], { quiet: false });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  process.exit(0);
}

const [, scratch, layers] = process.argv.slice(2);
const image = imageConfig(readDockerfile(join(source, 'Dockerfile')).at(-1));
const upper = readdirSync(layers)
  .filter((name) => /^upper-\d$/.test(name))
  .sort()
  .map((name) => join(layers, name))
  .at(-1);
const root = join(scratch, 'root');
await run('sh', [
  '-ec',
  `mount -t tmpfs tmpfs /run && mkdir /run/netns && ${mountRoot(root, upper)} && mount -o remount,ro ${root}`,
]);
await run(join(source, 'deploy/compose/secrets.sh'), []);
const compose = await readCompose(source);
const { services, secrets } = compose;
makeVolumes(scratch);
const networks = await Networks.create(compose, scratch);
const containers = new Map();
const others = [];

try {
  for (const name of startOrder(services)) {
    const service = services[name];
    if (name === 'postgres') others.push(await startPostgres(service, secrets, networks, scratch));
    else if (name === 'kafka') others.push(await startKafka(service, await kafkaJars(), networks, scratch));
    else {
      const container = new Container({ name, service, image, root, upper, scratch, networks, secrets }).start();
      containers.set(name, container);
      if (name === 'init') {
        await container.completed();
        say(`${name} is done`);
        // As when everything is started again: nothing changes.
        await container.start().completed();
      } else say(`${name} is healthy after ${await container.healthy()} ms`);
      continue;
    }
    say(`${name} is up`);
  }
  containers.delete('init');

  for (const [name, container] of containers) await checkConfinement(name, container);
  say('every service is uid 10001 without a capability, and can write to its volume and /tmp alone');
  await checkSeparation();
  say('responders reach neither Postgres nor a key');
  await walk();
  say('a certificate was issued, found good, listed, revoked, found revoked at both responders');

  for (const [name, container] of containers)
    assert.equal(await container.stop(), 0, `${name} after SIGTERM\n${container.log()}`);
  say('every service ended with 0 after SIGTERM');
} finally {
  for (const container of containers.values()) container.kill();
  for (const child of others) child.kill('SIGTERM');
}

async function checkConfinement(name, container) {
  const status = (await container.exec(['cat', '/proc/self/status'])).output;
  assert.match(status, /^Uid:\t10001\t10001\t10001\t10001$/m, name);
  assert.match(status, /^CapEff:\t0+$/m, name);
  assert.match(status, /^NoNewPrivs:\t1$/m, name);
  for (const path of ['/cartulary/x', '/etc/x', '/var/x'])
    assert.notEqual((await container.exec(['touch', path])).code, 0, `${name} wrote ${path}`);
  for (const path of ['/tmp/x', '/var/lib/cartulary/x'])
    assert.equal((await container.exec(['touch', path])).code, 0, `${name} can't write ${path}`);
  assert.notEqual((await container.exec(['sh', '-c', 'ls /work /root/.npm'])).code, 0);
  for (const port of services[name].ports.map((text) => /(\d+)(?:\/tcp)?$/.exec(text)[1])) {
    await run('bash', ['-c', `exec 3<>/dev/tcp/${networks.address(name, 'front')}/${port}`]);
  }
}

async function checkSeparation() {
  const connects = (address) =>
    `const s = require('net').connect(5432, '${address}'); s.on('connect', () => process.exit(0)); s.on('error', () => process.exit(1)); setTimeout(() => process.exit(1), 3000)`;
  const address = networks.address('postgres');
  assert.equal((await containers.get('inventory').exec(['node', '-e', connects('postgres')])).code, 0);
  for (const name of ['responder-a', 'responder-b']) {
    for (const to of ['postgres', address])
      assert.equal((await containers.get(name).exec(['node', '-e', connects(to)])).code, 1, `${name} reaches ${to}`);
    const { output } = await containers.get(name).exec(['sh', '-c', 'find /var/lib/cartulary /run/secrets -type f']);
    assert.doesNotMatch(output, /store\.json|key\.json|passphrase|password|operator/, name);
  }
}

async function walk() {
  const at = (name) => ['--url', `https://${name}:8443`];
  const cartulary = async (...args) => {
    const { code, output } = await containers.get('issuance-a').exec(['cartulary', ...args]);
    return { code, output };
  };
  const works = async (...args) => {
    const { code, output } = await cartulary(...args);
    assert.equal(code, 0, `cartulary ${args.join(' ')}\n${output}`);
    return output;
  };
  const until = async (holds) => {
    const end = performance.now() + 60_000;
    for (;;) {
      const seen = await holds();
      if (seen === undefined) return;
      if (performance.now() > end) throw new Error(seen);
    }
  };
  // In the responder's own container, where the certificate's URLs lead to it.
  const says = async (responder, certificate, word) => {
    const container = containers.get(responder);
    await container.exec(['sh', '-c', 'printf "%s" "$0" > /tmp/seen.crt', certificate]);
    await until(async () => {
      const { output } = await container.exec(['cartulary', 'ocsp', 'check', '/tmp/seen.crt']);
      return output.includes(word) ? undefined : `${responder} does not say ${word}: ${output}`;
    });
  };
  await works(
    'issue',
    'spiffe://cluster.local/ns/shop/sa/cart',
    '--out',
    '/tmp',
    '--name',
    'cart',
    ...at('issuance-a'),
  );
  const { output: cart } = await containers.get('issuance-a').exec(['cat', '/tmp/cart.crt']);
  for (const responder of ['responder-a', 'responder-b']) await says(responder, cart, 'good');
  await until(async () => {
    const output = await works('list', ...at('inventory'));
    return output.includes('sa/cart') ? undefined : `not listed: ${output}`;
  });
  await works('revoke', '/tmp/cart.crt', '--reason', 'keyCompromise', '--yes', ...at('revocation-b'));
  for (const responder of ['responder-a', 'responder-b']) await says(responder, cart, 'revoked');
  // One replica of each gone, the other goes on.
  for (const name of ['revocation-a']) assert.equal(await containers.get(name).stop(), 0);
  await works(
    'issue',
    'spiffe://cluster.local/ns/shop/sa/till',
    '--out',
    '/tmp',
    '--name',
    'till',
    ...at('issuance-b'),
  );
  await works('revoke', '/tmp/till.crt', '--yes', ...at('revocation-b'));
}
