import { ProblemError } from '@cartulary/client';
import type { FullCertificate } from '@cartulary/contracts';
import type { CrlReason } from '@cartulary/domain';
import type { IssuanceClient } from '@cartulary/service';

export interface Asked {
  /** PEM. */
  readonly csr: string;
  /** The same for every attempt with this key. */
  readonly idempotencyKey: string;
  /** Stands in the event: says for what it was asked. */
  readonly correlationId: string;
  /** Seconds; the usual ones where absent. */
  readonly ttl?: number;
  /** `workload` where absent. */
  readonly profile?: 'server';
}

/** Of certificates that are asked for a Secret, as the beginning of their correlation id. */
export const FOR_SECRET = 'kubernetes-secret-';

/** The services that a certificate is asked of, renewed and revoked at: as any other client does it. */
export class Certificates {
  constructor(
    private readonly issuance: Pick<IssuanceClient, 'call'>,
    private readonly revocation: Pick<IssuanceClient, 'call'>,
    private readonly inventory: Pick<IssuanceClient, 'call'>,
  ) {}

  issue(identity: string, { csr, ttl, profile, idempotencyKey, correlationId }: Asked): Promise<FullCertificate> {
    const body = { csr, identity, ...(ttl === undefined ? {} : { ttl }), ...(profile ? { profile } : {}) };
    return this.issuance.call((client) => client.issueCertificate({ body, idempotencyKey, correlationId }));
  }

  renew(serial: string, { csr, idempotencyKey, correlationId }: Asked): Promise<FullCertificate> {
    return this.issuance.call((client) =>
      client.renewCertificate({ params: { serial }, body: { csr }, idempotencyKey, correlationId }),
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

  /** Whether it was asked for a Secret: of others, such as those of CertificateSigningRequests, somebody has the key. */
  async isForSecret(serial: string): Promise<boolean> {
    const { events } = await this.inventory.call((client) => client.getCertificateHistory({ params: { serial } }));
    return events.some(
      ({ type, correlationId }) => type === 'CertificateIssued' && correlationId.startsWith(FOR_SECRET),
    );
  }

  async revoke(serial: string, reason: CrlReason, comment: string): Promise<void> {
    await this.revocation.call((client) => client.createRevocation({ body: { serial, reason, comment } }));
  }
}
