import { Command } from '@nestjs/cqrs';
import type { Caller } from '@cartulary/access';
import type { FullCertificate, Ttl } from '@cartulary/contracts';
import type { RequestedProfile } from '@cartulary/domain';
import type { Idempotency } from '@cartulary/ledger';

export interface IssueRequest {
  /** PEM. */
  readonly csr: string;
  readonly identity?: string;
  readonly profile?: RequestedProfile;
  readonly ttl?: Ttl;
  /** Only for `ocsp-signing`: the issuer that delegates. Others get their profile's active issuer. */
  readonly issuerId?: string;
  /** Where the key lives; as the requester says. */
  readonly node?: string;
}

export interface RequestContext {
  readonly caller: Caller;
  readonly correlationId: string;
  readonly idempotency?: Idempotency;
  /** It is part of something that was let in as a whole. */
  readonly isAdmitted?: boolean;
}

export class IssueCertificateCommand extends Command<FullCertificate> {
  constructor(
    readonly request: IssueRequest,
    readonly context: RequestContext,
  ) {
    super();
  }
}
