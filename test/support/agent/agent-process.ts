import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Ready {
  readonly type: 'ready' | 'failed';
  readonly message?: string;
  readonly node: string;
  readonly socket: string;
  readonly operationsPort: number;
}

/** The agent as its user runs it: a process of its own, built. Ended by pid. */
export class AgentProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly ready: Ready,
    readonly directory: string,
  ) {}

  /** `environment` by the agent's variables; what it keeps and its socket are in `directory`. */
  static async start(directory: string, environment: Readonly<Record<string, string>>): Promise<AgentProcess> {
    const main = fileURLToPath(new URL('../../../apps/agent/dist/main.js', import.meta.url));
    const log = openSync(join(directory, 'agent.log'), 'a', 0o600);
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('CARTULARY_'));
    const env = {
      ...Object.fromEntries(inherited),
      CARTULARY_AGENT_DATA: join(directory, 'data'),
      CARTULARY_AGENT_SOCKET: join(directory, 'run', 'agent.sock'),
      CARTULARY_AGENT_OPERATIONS_PORT: '0',
      CARTULARY_LOG_FORMAT: 'json',
      ...environment,
    };
    const child = spawn(process.execPath, [main], { stdio: ['ignore', log, log, 'ipc'], env });
    closeSync(log);
    const said = await Promise.race([
      once(child, 'message').then(([message]) => message as Ready),
      once(child, 'exit').then(() => undefined),
    ]);
    if (said?.type !== 'ready') {
      const text = await readFile(join(directory, 'agent.log'), 'utf8');
      throw new Error(`the agent did not start: ${said?.message ?? ''}\n${text.slice(-4_000)}`);
    }
    return new AgentProcess(child, said, directory);
  }

  get socket(): string {
    return this.ready.socket;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  log(): Promise<string> {
    return readFile(join(this.directory, 'agent.log'), 'utf8');
  }

  async readiness(): Promise<{ ready: boolean; checks: Record<string, { ok: boolean; detail?: string }> }> {
    const answer = await fetch(`http://127.0.0.1:${this.ready.operationsPort}/readyz`);
    return (await answer.json()) as Awaited<ReturnType<AgentProcess['readiness']>>;
  }

  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const [code] = (await exited) as [number | null];
    return code;
  }
}
