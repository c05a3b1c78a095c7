import { type DistinguishedName } from '../asn1/distinguished-name.js';

export type ProfileName =
  'root' | 'intermediate' | 'issuer' | 'workload' | 'server' | 'operator' | 'service' | 'ocsp-signing';

/** What an issuer is for; decides its name constraints. */
export type IssuerKind = 'workload' | 'server' | 'system';

/** Where relying parties find what they check against; plain http URLs. */
export interface Publications {
  readonly ocspUrl?: string;
  /** The issuer's own certificate, DER. */
  readonly caIssuersUrl?: string;
  /** The issuer's CRL, DER. */
  readonly crlUrl?: string;
  /** Its delta CRL, DER. */
  readonly freshestCrlUrl?: string;
}

interface Common {
  /** Lower-case hex, positive, at most 20 octets; see newSerial. */
  readonly serial: string;
  /** Whole seconds; fractions are cut off. */
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** The subject's public key, DER. */
  readonly spki: Buffer;
}

export interface RootRequest extends Common {
  readonly profile: 'root';
  readonly subject: DistinguishedName;
}

export interface IntermediateRequest extends Common {
  readonly profile: 'intermediate';
  readonly subject: DistinguishedName;
  readonly publications: Publications;
}

export interface IssuerRequest extends Common {
  readonly profile: 'issuer';
  readonly kind: IssuerKind;
  readonly trustDomain: string;
  readonly subject: DistinguishedName;
  readonly publications: Publications;
}

/** An X.509-SVID; the subject is `O=<trust domain>`. */
export interface WorkloadRequest extends Common {
  readonly profile: 'workload';
  readonly trustDomain: string;
  readonly spiffeId: string;
  readonly publications: Publications;
}

export interface ServerRequest extends Common {
  readonly profile: 'server';
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly publications: Publications;
}

/** `operator` (client) and `service` (client and server): `spiffe://<trust domain>/cartulary/…`. */
export interface SystemRequest extends Common {
  readonly profile: 'operator' | 'service';
  readonly trustDomain: string;
  readonly spiffeId: string;
  readonly publications: Publications;
}

/** A delegated responder's certificate; its subject names the responder's key, so that no leaf has the same. */
export interface OcspSigningRequest extends Common {
  readonly profile: 'ocsp-signing';
}

export type CertificateRequest =
  | RootRequest
  | IntermediateRequest
  | IssuerRequest
  | WorkloadRequest
  | ServerRequest
  | SystemRequest
  | OcspSigningRequest;
