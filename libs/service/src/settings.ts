import type { RenewalPolicy } from '@cartulary/domain';
import type { KeyAlgorithm, KeyKind } from '@cartulary/x509';

/** Life times in seconds of one kind of certificate. */
export interface Lifetime {
  readonly default: number;
  readonly max: number;
}

/** What the services need to know of the configuration; a Nest token. Durations in milliseconds unless named otherwise. */
export abstract class Settings {
  abstract readonly trustDomain: string;
  /** DNS domain of the Kubernetes cluster. */
  abstract readonly clusterDomain: string;
  /** Written into certificates: where relying parties reach the public side. No trailing slash. */
  abstract readonly publicUrl: string;
  abstract readonly caKeyAlgorithm: KeyAlgorithm;
  /** What certificates are issued for. */
  abstract readonly keyKinds: readonly KeyKind[];
  /** thisUpdate and notBefore lie this much in the past, for those whose clock is slow. */
  abstract readonly clockSkew: number;
  abstract readonly lifetimes: Readonly<
    Record<'workload' | 'server' | 'operator' | 'service' | 'ocsp-signing', Lifetime>
  >;
  /** Seconds. */
  abstract readonly caLifetimes: Readonly<Record<'root' | 'intermediate' | 'issuer', number>>;
  abstract readonly crl: {
    readonly validity: number;
    /** A CRL is renewed when it is this old, also without a change. */
    readonly refresh: number;
    /** At least this long between two CRLs of a burst; the first of a burst waits for nothing. */
    readonly minInterval: number;
    /** Absent: there are none. */
    readonly deltas?: {
      readonly validity: number;
      /** Certificates name them too, not only complete CRLs. */
      readonly inCertificates: boolean;
    };
  };
  abstract readonly ocsp: {
    readonly validity: number;
    /** Longest time that a cache may keep an answer. */
    readonly maxAge: number;
  };
  abstract readonly renewal: RenewalPolicy;
  /** How often the rotation service looks for what is due. */
  abstract readonly rotationInterval: number;
  /** When one issuer follows another. */
  abstract readonly epochs: {
    /** How long an issuer issues. */
    readonly length: number;
    /** How many certificates it issues, about. */
    readonly certificates: number;
    /** From an issuer's first CRL to its first certificate. */
    readonly lead: number;
    /** From a root's place in the trust bundle to its first use. */
    readonly rootLead: number;
  };
  abstract readonly heartbeat: number;
}
