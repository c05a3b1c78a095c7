import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type Logger, NestLogger } from '@cartulary/runtime';
import { AgentModule, type AgentOptions } from './agent.module.js';
import { AuthorityFollower } from './authority/authority-follower.js';
import { CredentialKeeper } from './credential/credential-keeper.js';
import { nodeOf } from './credential/node-credential.js';
import { FileExports } from './files/file-exports.js';
import { OperationsServer } from './operations/operations-server.js';
import { StapleKeeper } from './staple/staple-keeper.js';
import { WorkloadSocket } from './socket/workload-socket.js';

export interface RunningAgent {
  readonly app: INestApplicationContext;
  readonly node: string;
  readonly socket: string;
  /** Undefined: not opened. */
  readonly operationsPort?: number;
}

/** Resolves when the socket is there. Certificates and trust may come later: who asks for them waits. */
export const startAgent = async (options: AgentOptions, logger: Logger): Promise<RunningAgent> => {
  const nest = new NestLogger(logger);
  const app = await NestFactory.createApplicationContext(AgentModule.with(options), {
    logger: nest,
    abortOnError: false,
  });
  try {
    const credential = await app.get(CredentialKeeper).open();
    const operationsPort = await app.get(OperationsServer).start();
    await app.get(AuthorityFollower).start();
    app.get(FileExports).start();
    app.get(StapleKeeper).start();
    await app.get(WorkloadSocket).start();
    const running = { app, node: nodeOf(credential), socket: options.config.agentSocket };
    return operationsPort === undefined ? running : { ...running, operationsPort };
  } catch (error) {
    await app.close();
    throw error;
  }
};
