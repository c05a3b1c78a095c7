import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, createLogger, Health, loadConfig, type Logger, Metrics, SystemClock } from '@cartulary/runtime';
import { agentConfiguration } from '../configuration/agent-configuration.js';
import { notOurs } from '../configuration/not-ours.js';
import { AgentFiles } from '../configuration/agent-files.js';
import type { FileExport } from '../files/file-export.js';
import type { MeshDescription } from '../mesh/mesh-description.js';
import type { RulesSource } from '../mesh/service-rules.js';
import { type RunningAgent, startAgent } from '../start-agent.js';
import { FakeAuthority } from './fake-authority.js';

export interface TestAgentOptions {
  readonly clock?: Clock;
  readonly authority?: FakeAuthority;
  /** By variable, such as CARTULARY_AGENT_KEYS. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Kept from an earlier one. */
  readonly directory?: string;
  readonly logger?: Logger;
  readonly mesh?: MeshDescription;
  readonly exports?: readonly FileExport[];
  readonly rules?: RulesSource;
}

/** The agent in this process, on a socket in a directory of its own, with a CA in memory. */
export class TestAgent {
  private constructor(
    readonly directory: string,
    readonly authority: FakeAuthority,
    readonly health: Health,
    readonly metrics: Metrics,
    readonly running: RunningAgent,
  ) {}

  static async start(options: TestAgentOptions = {}): Promise<TestAgent> {
    const clock = options.clock ?? new SystemClock();
    const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'agent-')));
    const authority = options.authority ?? (await FakeAuthority.create(clock));
    const environment = {
      CARTULARY_AGENT_DATA: join(directory, 'data'),
      CARTULARY_AGENT_SOCKET: join(directory, 'run', 'agent.sock'),
      CARTULARY_AGENT_OPERATIONS_PORT: '0',
      CARTULARY_AGENT_JOIN_TOKEN: authority.joinToken('node-1'),
      ...options.environment,
    };
    const config = loadConfig(agentConfiguration, { environment, ignore: notOurs });
    const files = await AgentFiles.open(config.agentData);
    const [health, metrics] = [new Health(), new Metrics({ process: false })];
    const logger = options.logger ?? createLogger({ level: 'silent' });
    const running = await startAgent(
      {
        ...{ config, files, authority, clock, health, metrics },
        ...(options.mesh && { mesh: options.mesh }),
        ...(options.exports && { exports: options.exports }),
        ...(options.rules && { rules: options.rules }),
      },
      logger,
    );
    return new TestAgent(directory, authority, health, metrics, running);
  }

  get socket(): string {
    return this.running.socket;
  }

  /** What is in its directory stays, for another that starts on it. */
  stop(): Promise<void> {
    return this.running.app.close();
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
