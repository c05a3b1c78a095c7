import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@cartulary/ledger/embedded';

/** A directory that Postgres, which runs as another user when we are root, can pass through. */
export const openDirectory = (name: string): string => {
  const directory = mkdtempSync(join(tmpdir(), `cartulary-${name}-`));
  chmodSync(directory, 0o711);
  return directory;
};

const childrenOf = (pid: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => {
      try {
        const status = readFileSync(`/proc/${child}/stat`, 'utf8');
        return Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]) === pid;
      } catch {
        return false;
      }
    });

/** A Postgres of one's own that waits for the disk (fsync), to be stopped, killed, hung, and started again. */
export class OwnPostgres {
  #postgres: EmbeddedPostgres | undefined;
  #hung: number[] = [];

  private constructor(private readonly directory: string) {}

  static async start(): Promise<OwnPostgres> {
    const own = new OwnPostgres(openDirectory('faults-postgres'));
    await own.restart();
    return own;
  }

  get ownerUrl(): string {
    return this.#postgres!.ownerUrl('cartulary');
  }

  /** On the port that it had. */
  async restart(): Promise<void> {
    const port = this.#postgres ? { port: this.#postgres.port } : {};
    this.#postgres = await startEmbeddedPostgres({ dataDirectory: join(this.directory, 'data'), ...port });
    await this.#postgres.ensureDatabase('cartulary');
  }

  stop(): Promise<void> {
    return this.#postgres!.stop();
  }

  kill9(): Promise<void> {
    return this.#postgres!.kill9();
  }

  /** SIGSTOP for the postmaster and every backend: connections stay open and nothing answers. */
  hang(): void {
    const { pid } = this.#postgres!;
    process.kill(pid, 'SIGSTOP');
    this.#hung = [pid, ...childrenOf(pid)];
    for (const one of this.#hung) process.kill(one, 'SIGSTOP');
  }

  wake(): void {
    for (const one of this.#hung.reverse()) process.kill(one, 'SIGCONT');
    this.#hung = [];
  }

  async dispose(): Promise<void> {
    this.wake();
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The embedded Postgres of a standalone service, as its files tell. */
const embeddedIn = (dataDirectory: string): { pid: number; cluster: string; ownerUrl: string } => {
  const directory = join(dataDirectory, 'postgres');
  const cluster = join(directory, 'cluster');
  const [pid, , , port] = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  const password = readFileSync(join(directory, 'superuser.password'), 'utf8').trim();
  return { pid: Number(pid), cluster, ownerUrl: `postgres://postgres:${password}@127.0.0.1:${port}/cartulary` };
};

export const embeddedUrl = (dataDirectory: string): string => embeddedIn(dataDirectory).ownerUrl;

/** SIGKILL for the embedded Postgres, if it runs: its file may be an old one, and the pid somebody else's by now. */
export const killEmbedded = (dataDirectory: string): void => {
  try {
    const { pid, cluster } = embeddedIn(dataDirectory);
    if (readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster)) process.kill(pid, 'SIGKILL');
  } catch {
    // It was not up.
  }
};
