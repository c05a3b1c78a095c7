import { Global, Module } from '@nestjs/common';
import { TokenVerifiers, WorkloadAuthenticator } from '@cartulary/access';
import {
  Clock,
  type Config,
  CONFIG,
  Health,
  type Logger,
  LOGGER,
  Metrics,
  PROBLEM_TABLE,
  type ProblemTable,
} from '@cartulary/runtime';
import { GrpcAccess } from './grpc-access.js';
import { GrpcServer } from './grpc-server.js';
import { Placements } from './placements.js';
import { RateLimits } from './rate-limits.js';
import { tokenVerifiersOf } from './token-verifiers.js';

/** How much more than its rate a credential may ask for at once: an agent that starts has hundreds of workloads. */
const BURST = 20;

/** The process's gRPC server, which services add themselves to, and who may call them. Needs AccessModule. */
@Global()
@Module({
  providers: [
    {
      provide: GrpcServer,
      inject: [CONFIG, LOGGER, Metrics, Health, PROBLEM_TABLE],
      useFactory: (config: Config, logger: Logger, metrics: Metrics, health: Health, problems: ProblemTable) =>
        new GrpcServer({
          ...{ logger, metrics, health, problems },
          ...{ maxConnections: config.maxConnections, maxStreams: config.grpcStreams },
        }),
    },
    {
      provide: RateLimits,
      inject: [CONFIG, Clock],
      useFactory: ({ grpcRate: rate }: Config, clock: Clock) => new RateLimits(clock, { rate, burst: rate * BURST }),
    },
    {
      provide: TokenVerifiers,
      inject: [CONFIG, Clock],
      useFactory: (config: Config, clock: Clock) => tokenVerifiersOf(config, clock),
    },
    WorkloadAuthenticator,
    GrpcAccess,
    Placements,
  ],
  exports: [GrpcServer, GrpcAccess, Placements],
})
export class GrpcModule {}
