import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { GrpcWorld } from '../grpc/world.js';
import type { SimulationOrder, SimulationSaid } from './simulated-agents.worker.js';

const worker = fileURLToPath(new URL('./simulated-agents.worker.ts', import.meta.url));

/** A process with simulated node agents; of the packages it has what is built. Ended by pid. */
export class SimulatedAgents {
  readonly failures: string[] = [];

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (said: SimulationSaid) => said.type === 'failed' && this.failures.push(said.message));
  }

  /** Resolves when every one of them has the whole trust. */
  static async start(order: SimulationOrder): Promise<SimulatedAgents> {
    const args = ['--import', import.meta.resolve('@cartulary/ledger/source-loader'), worker];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const agents = new SimulatedAgents(child);
    child.send(order);
    const said = await agents.#next(({ type }) => type === 'joined' || type === 'failed');
    if (said.type === 'failed') throw new Error(`the simulated agents did not join: ${said.message}`);
    return agents;
  }

  /** With join tokens of their own. */
  static async join(world: GrpcWorld, names: readonly string[]): Promise<SimulatedAgents> {
    const agents: { node: string; token: string }[] = [];
    const waiting = [...names];
    const work = async (): Promise<void> => {
      for (let node = waiting.shift(); node; node = waiting.shift()) {
        agents.push({ node, token: await world.joinToken(node) });
      }
    };
    await Promise.all(Array.from({ length: 8 }, work));
    return SimulatedAgents.start({ port: world.port, root: world.root, agents });
  }

  /** When each agent heard of a serial, milliseconds since the epoch. */
  async heardOf(serial: string): Promise<readonly number[]> {
    this.child.send({ tell: serial });
    const said = await this.#next((one) => one.type === 'heard' && one.serial === serial);
    return said.type === 'heard' ? said.at : [];
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }

  #next(fits: (said: SimulationSaid) => boolean): Promise<SimulationSaid> {
    return new Promise((resolve, reject) => {
      const gone = (): void => reject(new Error('the simulated agents are gone'));
      const listen = (said: SimulationSaid): void => {
        if (!fits(said)) return;
        this.child.off('message', listen).off('exit', gone);
        resolve(said);
      };
      this.child.on('message', listen).once('exit', gone);
    });
  }
}
