import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { AccessModule } from '@cartulary/access';
import { InventoryModule } from '@cartulary/inventory';
import { IssuanceModule } from '@cartulary/issuance';
import { ResponderModule } from '@cartulary/responder';
import { RevocationModule } from '@cartulary/revocation';
import { RotationModule } from '@cartulary/rotation';
import { OperationsModule, RuntimeModule, type RuntimeOptions } from '@cartulary/runtime';
import { problemTable, ServiceModule, type ServiceResources } from '@cartulary/service';
import { LocalOcspDelegation } from './ocsp-delegation.js';

/** Every service in one process. */
@Module({})
export class StandaloneModule {
  static with(runtime: Omit<RuntimeOptions, 'problems'>, resources: ServiceResources): DynamicModule {
    return {
      module: StandaloneModule,
      imports: [
        RuntimeModule.forRoot({ ...runtime, problems: problemTable }),
        ServiceModule.with(resources),
        AccessModule,
        OperationsModule,
        IssuanceModule,
        RotationModule,
        RevocationModule,
        ResponderModule.with({ imports: [CqrsModule], delegation: { useClass: LocalOcspDelegation } }),
        InventoryModule,
      ],
    };
  }
}
