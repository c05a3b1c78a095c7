import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from './free-port.js';

export interface StandaloneOptions {
  /** Owner's URL of an empty or earlier used database; the embedded Postgres when absent. */
  readonly databaseUrl?: string;
  /** Kept when the caller names it, otherwise a new one that `dispose` removes. */
  readonly dataDirectory?: string;
  readonly httpsPort?: number;
  readonly publicPort?: number;
  /** More of the configuration. */
  readonly env?: Readonly<Record<string, string>>;
}

interface Ready {
  readonly type: 'ready' | 'failed';
  readonly message?: string;
  readonly restUrl: string;
  readonly publicUrl: string;
  readonly firstStart: boolean;
  readonly issuers: readonly { readonly issuerId: string; readonly purpose: string }[];
}

/** The standalone service as its user runs it: a process of its own, built, on a real Postgres. */
export class StandaloneProcess {
  #child: ChildProcess | undefined;
  #ready: Ready | undefined;

  private constructor(
    readonly dataDirectory: string,
    private readonly temporary: boolean,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  /** Starts it on free ports, unless they are given, and waits until it serves. */
  static async start(options: StandaloneOptions = {}): Promise<StandaloneProcess> {
    const [httpsPort, publicPort] = (await freePorts(2)) as [number, number];
    const dataDirectory = options.dataDirectory ?? mkdtempSync(join(tmpdir(), 'cartulary-test-'));
    const process = new StandaloneProcess(dataDirectory, options.dataDirectory === undefined, {
      CARTULARY_DATA: dataDirectory,
      CARTULARY_HTTPS_PORT: String(options.httpsPort ?? httpsPort),
      CARTULARY_PUBLIC_PORT: String(options.publicPort ?? publicPort),
      CARTULARY_LOG_FORMAT: 'json',
      ...(options.databaseUrl === undefined ? {} : { CARTULARY_DATABASE_URL: options.databaseUrl }),
      ...options.env,
    });
    await process.restart();
    return process;
  }

  get ready(): Ready {
    if (!this.#ready) throw new Error('not started');
    return this.#ready;
  }
  get restUrl(): string {
    return this.ready.restUrl;
  }
  get publicUrl(): string {
    return this.ready.publicUrl;
  }
  get pid(): number {
    return this.#child?.pid ?? 0;
  }
  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  file(name: string): string {
    return join(this.dataDirectory, name);
  }
  read(name: string): string {
    return readFileSync(this.file(name), 'utf8');
  }
  /** What it has logged, as text. */
  log(): string {
    return this.read('test.log');
  }

  /** Starts it again on what it left behind. */
  async restart(): Promise<void> {
    const main = fileURLToPath(new URL('../../../apps/standalone/dist/main.js', import.meta.url));
    const log = openSync(this.file('test.log'), 'a', 0o600);
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('CARTULARY_'));
    const child = spawn(process.execPath, [main], {
      stdio: ['ignore', log, log, 'ipc'],
      env: { ...Object.fromEntries(inherited), ...this.environment },
    });
    closeSync(log);
    this.#child = child;
    const said = await Promise.race([
      once(child, 'message').then(([message]) => message as Ready),
      once(child, 'exit').then(() => undefined),
    ]);
    if (said?.type !== 'ready')
      throw new Error(`standalone did not start: ${said?.message ?? ''}\n${this.log().slice(-4000)}`);
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

  async dispose(): Promise<void> {
    await this.#end('SIGTERM');
    if (this.temporary) rmSync(this.dataDirectory, { recursive: true, force: true });
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
