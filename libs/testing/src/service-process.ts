import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type ServiceName = 'issuance' | 'rotation' | 'revocation' | 'responder' | 'inventory' | 'controller';

export interface ServiceProcessOptions {
  readonly service: ServiceName;
  /** For the name of its log; the service's own unless given. */
  readonly label?: string;
  readonly dataDirectory: string;
  /** The configuration, but for the data directory and the log's format. */
  readonly env: Readonly<Record<string, string>>;
}

interface Ready {
  readonly type: 'ready' | 'failed';
  readonly message?: string;
  readonly restUrl: string;
  readonly publicPort?: number;
}

/** One service as a process of its own, built, on a ledger that others share. */
export class ServiceProcess {
  #child: ChildProcess | undefined;
  #ready: Ready | undefined;

  private constructor(private readonly options: ServiceProcessOptions) {}

  /** Starts it and waits until it serves. */
  static async start(options: ServiceProcessOptions): Promise<ServiceProcess> {
    const process = new ServiceProcess(options);
    await process.restart();
    return process;
  }

  /** `cartulary init`: the trust domain, and what services need for their first start; resolves when it has ended. */
  static async init(
    dataDirectory: string,
    services: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<void> {
    const log = join(dataDirectory, 'init.log');
    const child = launch('standalone', ['--init-only', '--services', services.join(',')], log, {
      CARTULARY_DATA: dataDirectory,
      CARTULARY_LOG_FORMAT: 'json',
      ...env,
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`init ended with ${code}\n${readFileSync(log, 'utf8').slice(-4000)}`);
  }

  get restUrl(): string {
    if (!this.#ready) throw new Error('not started');
    return this.#ready.restUrl;
  }
  /** Of a responder. */
  get publicUrl(): string {
    return `http://127.0.0.1:${this.#ready?.publicPort ?? 0}`;
  }
  get dataDirectory(): string {
    return this.options.dataDirectory;
  }
  get pid(): number {
    return this.#child?.pid ?? 0;
  }
  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it has logged, as text. */
  log(): string {
    return readFileSync(this.#logFile(), 'utf8');
  }

  /** Starts it again on what it left behind. */
  async restart(): Promise<void> {
    const { service, dataDirectory, env } = this.options;
    const child = launch(service, [], this.#logFile(), {
      CARTULARY_DATA: dataDirectory,
      CARTULARY_LOG_FORMAT: 'json',
      ...env,
    });
    this.#child = child;
    const said = await Promise.race([
      once(child, 'message').then(([message]) => message as Ready),
      once(child, 'exit').then(() => undefined),
    ]);
    if (said?.type !== 'ready')
      throw new Error(`${service} did not start: ${said?.message ?? ''}\n${this.log().slice(-4000)}`);
    this.#ready = said;
  }

  /** SIGKILL, as a crash would; resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM: the graceful way. Resolves to the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  #logFile(): string {
    return join(this.options.dataDirectory, `${this.options.label ?? this.options.service}.log`);
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child || !this.running) return child?.exitCode ?? null;
    const exited = once(child, 'exit');
    child.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }
}

const launch = (app: string, args: readonly string[], logFile: string, env: Record<string, string>): ChildProcess => {
  const main = fileURLToPath(new URL(`../../../apps/${app}/dist/main.js`, import.meta.url));
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('CARTULARY_'));
  mkdirSync(join(logFile, '..'), { recursive: true });
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', log, log, 'ipc'],
    // A Ctrl-C in the terminal is for whoever started it, who then stops it; without its parent it stops by itself.
    detached: true,
    env: { ...Object.fromEntries(inherited), ...env },
  });
  closeSync(log);
  return child;
};
