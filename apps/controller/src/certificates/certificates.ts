import { ProblemError } from '@cartulary/client';
import type { FullCertificate } from '@cartulary/contracts';
import type { CrlReason } from '@cartulary/domain';
import type { IssuanceClient } from '@cartulary/service';

export interface Asked {
  /** PEM. */
  readonly csr: string;
  /** The same for every attempt with this key. */
  readonly idempotencyKey: string;
}

/** The services that a certificate is asked of, renewed and revoked at: as any other client does it. */
export class Certificates {
  constructor(
    private readonly issuance: Pick<IssuanceClient, 'call'>,
    private readonly revocation: Pick<IssuanceClient, 'call'>,
    private readonly inventory: Pick<IssuanceClient, 'call'>,
  ) {}

  issue(identity: string, { csr, idempotencyKey }: Asked): Promise<FullCertificate> {
    return this.issuance.call((client) => client.issueCertificate({ body: { csr, identity }, idempotencyKey }));
  }

  renew(serial: string, { csr, idempotencyKey }: Asked): Promise<FullCertificate> {
    return this.issuance.call((client) =>
      client.renewCertificate({ params: { serial }, body: { csr }, idempotencyKey }),
    );
  }

  /** As the ledger has it now. */
  async find(serial: string): Promise<FullCertificate | 'missing'> {
    try {
      return await this.inventory.call((client) => client.getCertificate({ params: { serial } }));
    } catch (error) {
      if (error instanceof ProblemError && error.is('CERTIFICATE_NOT_FOUND')) return 'missing';
      throw error;
    }
  }

  async revoke(serial: string, reason: CrlReason, comment: string): Promise<void> {
    await this.revocation.call((client) => client.createRevocation({ body: { serial, reason, comment } }));
  }
}
