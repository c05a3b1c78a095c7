import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { kafkaClusterId } from '@cartulary/transport';
import { freePorts } from '../free-port.js';
import { kafkaJars } from './kafka-jars.js';
import { type KafkaSecurity, scramUsers, secureListener, securedClient } from './kafka-security.js';

const run = promisify(execFile);

export interface KafkaOptions {
  /** Kept when the caller names it (and a broker that ran there before goes on); otherwise a new one, removed by `stop`. */
  readonly directory?: string;
  /** More of server.properties. */
  readonly settings?: Readonly<Record<string, string>>;
  /** TLS, SASL and ACLs; without it everybody may do everything. */
  readonly security?: KafkaSecurity;
  /** Milliseconds to start in; 120 000. */
  readonly timeout?: number;
}

export interface TestKafka {
  readonly brokers: readonly string[];
  readonly clusterId: string;
  readonly directory: string;
  readonly pid: number;
  /** SIGTERM; resolves when it is gone. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  pause(): void;
  resume(): void;
}

interface Formatted {
  readonly port: number;
  readonly controllerPort: number;
  readonly clusterId: string;
}

/** A real Apache Kafka (KRaft, one node) on 127.0.0.1 and ports of its own; its cluster id has been checked. */
export async function startKafka(options: KafkaOptions = {}): Promise<TestKafka> {
  const jars = await kafkaJars();
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'cartulary-kafka-')));
  const broker = new Broker(jars, directory, options, await formatted(jars, directory, options));
  await broker.start();
  return broker;
}

class Broker implements TestKafka {
  readonly brokers: readonly string[];
  readonly clusterId: string;
  private child: ChildProcess | undefined;

  constructor(
    private readonly jars: string,
    readonly directory: string,
    private readonly options: KafkaOptions,
    { port, clusterId }: Formatted,
  ) {
    this.brokers = [`${options.security ? 'localhost' : '127.0.0.1'}:${port}`];
    this.clusterId = clusterId;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  async start(): Promise<void> {
    const log = openSync(join(this.directory, 'kafka.log'), 'a');
    const command = [...java(this.jars), 'kafka.Kafka', join(this.directory, 'server.properties')];
    // The broker dies with this process, however that dies; a Ctrl-C in the terminal is for us, who stop it last.
    const dies = hasSetpriv();
    if (dies) command.unshift('setpriv', '--pdeathsig', 'KILL');
    const child = spawn(command[0]!, command.slice(1), {
      stdio: ['ignore', log, log],
      cwd: this.directory,
      detached: dies,
    });
    closeSync(log);
    this.child = child;
    const { security, timeout = 120_000 } = this.options;
    const settings = { brokers: this.brokers, ...(security ? await securedClient(security) : {}) };
    const deadline = performance.now() + timeout;
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null) throw this.failed('the broker died');
      const found = await kafkaClusterId(settings).catch(() => undefined);
      if (found === this.clusterId) return;
      if (found !== undefined) throw this.failed(`another cluster (${found}) answers on ${this.brokers[0]}`);
      if (performance.now() > deadline) throw this.failed('the broker does not answer');
      await sleep(200);
    }
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
    if (this.options.directory === undefined) await rm(this.directory, { recursive: true, force: true });
  }

  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill(signal);
    const patience = setTimeout(() => child.kill('SIGKILL'), 30_000);
    await exited;
    clearTimeout(patience);
  }

  private failed(what: string): Error {
    this.child?.kill('SIGKILL');
    return new Error(
      `${what}; the end of its log:\n${readFileSync(join(this.directory, 'kafka.log'), 'utf8').slice(-4_000)}`,
    );
  }
}

// It starts often and lives shortly: little compiling, little collecting.
const java = (jars: string): string[] => {
  const jvm = [
    '-Xmx512m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  ];
  return ['java', ...jvm, '-cp', join(jars, '*')];
};

const hasSetpriv = (): boolean =>
  process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0;

async function formatted(jars: string, directory: string, options: KafkaOptions): Promise<Formatted> {
  const file = join(directory, 'cartulary.json');
  if (existsSync(file)) return JSON.parse(await readFile(file, 'utf8')) as Formatted;
  await mkdir(directory, { recursive: true });
  const [port, controllerPort, internalPort] = (await freePorts(3)) as [number, number, number];
  const clusterId = `A${randomBytes(16).toString('base64url').slice(1)}`;
  const properties = join(directory, 'server.properties');
  const { security } = options;
  const secure = security && (await secureListener(security, directory, { port, internalPort, controllerPort }));
  const settings = { ...serverSettings(directory, port, controllerPort), ...secure, ...options.settings };
  await writeFile(
    properties,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const [command, ...args] = [...java(jars), 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties];
  if (security) args.push(...scramUsers(security));
  await run(command!, args, { timeout: 120_000, cwd: directory });
  const result = { port, controllerPort, clusterId };
  await writeFile(file, JSON.stringify(result));
  return result;
}

const serverSettings = (directory: string, port: number, controllerPort: number): Record<string, string> => ({
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
  listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'PLAINTEXT',
  'log.dirs': join(directory, 'data'),
  'auto.create.topics.enable': 'false',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
});
