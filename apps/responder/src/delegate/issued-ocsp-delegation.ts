import type { IssuanceClient } from '@cartulary/service';
import { pemToDer } from '@cartulary/x509';
import { type DelegationRequest, OcspDelegation } from './ocsp-delegation.js';

/** Asks issuance over REST, as the responder that our system certificate names. */
export class IssuedOcspDelegation extends OcspDelegation {
  constructor(private readonly issuance: Pick<IssuanceClient, 'call'>) {
    super();
  }

  override async delegate({ issuerId, csr }: DelegationRequest): Promise<Buffer> {
    const body = { csr, profile: 'ocsp-signing', issuerId } as const;
    const { certificate } = await this.issuance.call((client) => client.issueCertificate({ body }));
    return pemToDer(certificate, 'CERTIFICATE');
  }
}
