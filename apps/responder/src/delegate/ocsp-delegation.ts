import type { IssuerId } from '@cartulary/domain';

export interface DelegationRequest {
  readonly issuerId: IssuerId;
  /** PKCS #10, PEM, signed by the responder's new key. */
  readonly csr: string;
}

/** Where a responder gets its OCSP-signing certificates: from issuance, in whatever process that runs. A Nest token. */
export abstract class OcspDelegation {
  /** A certificate for the request's key under the profile `ocsp-signing`, issued by that very issuer. DER. */
  abstract delegate(request: DelegationRequest): Promise<Buffer>;
}

/** What came back is not a certificate for our key that is valid now. */
export class DelegationError extends Error {
  readonly code = 'OCSP_DELEGATION_INVALID';
}
