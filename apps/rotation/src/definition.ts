import type { ServiceDefinition } from '@cartulary/service';
import { RotationModule } from './rotation.module.js';

/** Rotation by itself: it alone makes CAs, and their keys. */
export const definition: ServiceDefinition = {
  name: 'rotation',
  needs: { ledger: true, projections: true, signer: { usages: ['certificate'], makesKeys: true } },
  module: () => RotationModule,
};
