import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessModule } from '@cartulary/access';
import { OperationsModule, RuntimeModule, type RuntimeOptions } from '@cartulary/runtime';
import { GrpcModule } from '../grpc/grpc.module.js';
import { DeadLettersModule } from '../dead-letters/dead-letters.module.js';
import { problemTable } from '../problem-table.js';
import { ServiceModule, type ServiceResources } from '../service.module.js';
import { PeerGuard } from './peer.guard.js';

/** Services with what every one of them stands on. */
@Module({})
export class ServiceApplicationModule {
  static with(
    runtime: Omit<RuntimeOptions, 'problems'>,
    resources: ServiceResources,
    services: readonly (Type | DynamicModule)[],
  ): DynamicModule {
    const access = resources.ledger ? [AccessModule, GrpcModule, DeadLettersModule] : [];
    return {
      module: ServiceApplicationModule,
      imports: [
        RuntimeModule.forRoot({ ...runtime, problems: problemTable }),
        ServiceModule.with(resources),
        ...access,
        OperationsModule,
        ...services,
      ],
      providers: resources.ledger ? [] : [{ provide: APP_GUARD, useClass: PeerGuard }],
    };
  }
}
