import type { ServiceDefinition } from '@cartulary/service';
import { RevocationModule } from './revocation.module.js';

/** Revocation by itself: of the CAs' keys it asks for CRLs, and for the canaries that these list. */
export const definition: ServiceDefinition = {
  name: 'revocation',
  needs: { ledger: true, projections: true, signer: { usages: ['crl'], canaries: true } },
  module: () => RevocationModule,
};
