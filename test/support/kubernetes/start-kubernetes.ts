import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '@cartulary/testing';
import { KubernetesUser } from './kubernetes-user.js';

const source = fileURLToPath(new URL('./apiserver/go.mod', import.meta.url));
const version = /k8s\.io\/kubernetes v(\S+)/.exec(readFileSync(source, 'utf8'))?.[1];
const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
/** As tools/counterparts.mjs builds it. */
const binary = join(cache, `cartulary/kubernetes/bin/kube-apiserver-${version}`);

const ISSUER = 'https://kubernetes.default.svc.cluster.local';

export interface SignedToken {
  readonly namespace: string;
  readonly account: string;
  readonly audience: string;
  /** Seconds from now. */
  readonly expiresIn: number;
}

/** A real API server on a real etcd, of its own for one test file; without controller manager, scheduler and nodes. */
export class TestKubernetes {
  readonly #etcd: Server;
  readonly #apiServer: Server;
  #admin: KubernetesUser | undefined;

  private constructor(
    readonly directory: string,
    private readonly ports: { readonly api: number; readonly etcd: number; readonly peer: number },
    private readonly clusterTrustBundles: boolean,
  ) {
    this.#etcd = new Server('etcd', '/usr/bin/etcd', this.#etcdArguments(), join(directory, 'etcd.log'));
    this.#apiServer = new Server('kube-apiserver', binary, this.#apiArguments(), join(directory, 'apiserver.log'));
  }

  /** With the users that `tokens` names; `admin` is among them. */
  static async start(users: readonly string[] = [], clusterTrustBundles = false): Promise<TestKubernetes> {
    if (!existsSync(binary)) throw new Error('no kube-apiserver: `npm run test:kubernetes` builds it');
    const directory = mkdtempSync(join(tmpdir(), 'cartulary-kubernetes-'));
    const [api, etcd, peer] = (await freePorts(3)) as [number, number, number];
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(join(directory, 'sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
    const tokens = users.map((user) => `${user}-token,${user},${user}-uid`);
    writeFileSync(
      join(directory, 'tokens.csv'),
      ['admin-token,admin,admin-uid,"system:masters"', ...tokens, ''].join('\n'),
    );
    const kubernetes = new TestKubernetes(directory, { api, etcd, peer }, clusterTrustBundles);
    try {
      await kubernetes.#etcd.start();
      await kubernetes.startApiServer();
      return kubernetes;
    } catch (error) {
      await kubernetes.stop();
      throw error;
    }
  }

  get url(): string {
    return `https://127.0.0.1:${this.ports.api}`;
  }
  get pid(): number {
    return this.#apiServer.pid;
  }

  as(user: string): KubernetesUser {
    return new KubernetesUser(this.url, readFileSync(join(this.directory, 'certs/apiserver.crt')), `${user}-token`);
  }

  get admin(): KubernetesUser {
    return (this.#admin ??= this.as('admin'));
  }

  /** A kubeconfig of the user; the namespace is where a controller's Lease lies. */
  kubeconfig(user: string, namespace: string, token = `${user}-token`): string {
    const file = join(this.directory, `${user}.kubeconfig`);
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'c',
          cluster: { server: this.url, 'certificate-authority': join(this.directory, 'certs/apiserver.crt') },
        },
      ],
      users: [{ name: user, user: { token } }],
      contexts: [{ name: user, context: { cluster: 'c', user, namespace } }],
      'current-context': user,
    };
    writeFileSync(file, JSON.stringify(config));
    return file;
  }

  /** A service account's token, signed with the cluster's own key: one that the API server would not give. */
  signToken({ namespace, account, audience, expiresIn }: SignedToken): string {
    const now = Math.floor(Date.now() / 1_000);
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = {
      iss: ISSUER,
      sub: `system:serviceaccount:${namespace}:${account}`,
      aud: [audience],
      iat: now + Math.min(0, expiresIn) - 600,
      exp: now + expiresIn,
    };
    const signed = `${part({ alg: 'RS256' })}.${part(claims)}`;
    const key = readFileSync(join(this.directory, 'sa.key'));
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
  }

  async startApiServer(): Promise<void> {
    await this.#apiServer.start();
    const started = Date.now();
    // Its certificate is made at its first start.
    const isReady = async (): Promise<boolean> => this.as('admin').isReady();
    while (!(await isReady().catch(() => false))) {
      if (!this.#apiServer.running || Date.now() - started > 120_000) {
        throw new Error(`kube-apiserver did not start\n${this.#apiServer.log().slice(-3_000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** SIGKILL, as a crash would. */
  async killApiServer(): Promise<void> {
    await this.#apiServer.end('SIGKILL');
  }

  /** Makes etcd forget what came before, so that a watch from there is refused (410). */
  async compact(): Promise<void> {
    const call = async (path: string, body: object): Promise<Record<string, unknown>> => {
      const answer = await fetch(`http://127.0.0.1:${this.ports.etcd}/v3/${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      return (await answer.json()) as Record<string, unknown>;
    };
    const { header } = await call('kv/range', { key: Buffer.from('none').toString('base64') });
    await call('kv/compaction', { revision: (header as { revision: string }).revision, physical: true });
  }

  /** The API server before etcd, which it would wait for. */
  async stop(): Promise<void> {
    await this.#apiServer.end('SIGKILL');
    await this.#etcd.end('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }

  #etcdArguments(): readonly string[] {
    const [client, peer] = [this.ports.etcd, this.ports.peer].map((port) => `http://127.0.0.1:${port}`);
    return [
      ...['--data-dir', join(this.directory, 'etcd'), '--unsafe-no-fsync', '--logger=zap'],
      ...['--listen-client-urls', client!, '--advertise-client-urls', client!],
      ...['--listen-peer-urls', peer!, '--initial-advertise-peer-urls', peer!],
      ...['--initial-cluster', `default=${peer}`],
    ];
  }

  #apiArguments(): readonly string[] {
    const file = (name: string): string => join(this.directory, name);
    return [
      `--etcd-servers=http://127.0.0.1:${this.ports.etcd}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${this.ports.api}`,
      `--cert-dir=${file('certs')}`,
      `--token-auth-file=${file('tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--feature-gates=ClusterTrustBundle=true',
      ...(this.clusterTrustBundles ? ['--runtime-config=certificates.k8s.io/v1beta1/clustertrustbundles=true'] : []),
      '--anonymous-auth=false',
      `--service-account-issuer=${ISSUER}`,
      `--service-account-signing-key-file=${file('sa.key')}`,
      `--service-account-key-file=${file('sa.key')}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      '--endpoint-reconciler-type=none',
      // No controller manager, and so no default service accounts, which this plugin would wait for.
      '--disable-admission-plugins=ServiceAccount',
    ];
  }
}

class Server {
  #child: ChildProcess | undefined;

  constructor(
    private readonly name: string,
    private readonly command: string,
    private readonly args: readonly string[],
    private readonly logFile: string,
  ) {}

  get pid(): number {
    return this.#child?.pid ?? 0;
  }
  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  async start(): Promise<void> {
    mkdirSync(join(this.logFile, '..'), { recursive: true });
    const log = openSync(this.logFile, 'a', 0o600);
    // Without its parent it ends, too: a test run that is killed leaves nothing behind.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', this.command, ...this.args], {
      stdio: ['ignore', log, log],
    });
    await once(child, 'spawn').catch((cause: unknown) => {
      throw new Error(`${this.name} can't be started`, { cause });
    });
    this.#child = child;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || !this.running) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}
