import type { DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { InventoryModule } from '@cartulary/inventory';
import { IssuanceModule } from '@cartulary/issuance';
import { ResponderModule } from '@cartulary/responder';
import { RevocationModule } from '@cartulary/revocation';
import { RotationModule } from '@cartulary/rotation';
import type { RuntimeOptions } from '@cartulary/runtime';
import { ServiceApplicationModule, type ServiceResources } from '@cartulary/service';
import { LocalOcspDelegation } from './ocsp-delegation.js';

/** Every service in one process: the modules that also run by themselves. */
export const standaloneModule = (
  runtime: Omit<RuntimeOptions, 'problems'>,
  resources: Required<ServiceResources>,
): DynamicModule =>
  ServiceApplicationModule.with(runtime, resources, [
    IssuanceModule,
    RotationModule,
    RevocationModule,
    ResponderModule.with({ imports: [CqrsModule], delegation: { useClass: LocalOcspDelegation } }),
    InventoryModule,
  ]);
