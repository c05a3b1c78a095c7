import { CommandBus } from '@nestjs/cqrs';
import type { ServiceDefinition } from '@cartulary/service';
import { IssuanceModule } from './issuance.module.js';
import { OwnIssuance } from './own-issuance.js';

/** Issuance by itself. */
export const definition: ServiceDefinition = {
  name: 'issuance',
  needs: { ledger: true, signer: { usages: ['certificate'] } },
  module: () => IssuanceModule,
  certificates: (app) => new OwnIssuance(app.get(CommandBus)),
};
