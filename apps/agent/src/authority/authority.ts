import type { KeyObject } from 'node:crypto';
import type { ServiceRules } from '../mesh/service-rules.js';

/** What the CA has made of a request. */
export interface IssuedCertificate {
  /** DER, leaf first, without the root. */
  readonly chain: readonly Buffer[];
  /** Lower-case hex. */
  readonly serial: string;
  readonly spiffeId: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** To be replaced at a random moment from here… */
  readonly renewFrom: Date;
  /** … to here. */
  readonly renewUntil: Date;
}

/** Who this agent is to the CA: `spiffe://<trust domain>/cartulary/agent/<node>`. */
export interface NodeCredential {
  readonly privateKey: KeyObject;
  readonly certificate: IssuedCertificate;
}

/** Fits a process when everything that is set fits it; one with nothing set fits none. */
export interface Selector {
  readonly uid?: number;
  readonly gid?: number;
  /** Absolute path of the executable. */
  readonly path?: string;
}

/** One identity on this node; a process has it when any of the selectors fits. */
export interface Entitlement {
  readonly spiffeId: string;
  readonly selectors: readonly Selector[];
  readonly suspended: boolean;
}

export interface BundleChange {
  readonly trustDomain: string;
  /** DER. */
  readonly anchors: readonly Buffer[];
  /** DER of the CAs below these that certificates come from. */
  readonly intermediates: readonly Buffer[];
  /** Grows with every change. */
  readonly sequence: number;
}

/** As it was received: nothing of it has been checked. */
export interface ReceivedCrl {
  readonly issuerId: string;
  readonly number: bigint;
  /** DER; empty where the agent has said that it holds this number. */
  readonly der: Buffer;
}

export interface RotationOrder {
  readonly serials: readonly string[];
  readonly from: Date;
  readonly until: Date;
}

export interface Revocation {
  readonly issuerId: string;
  readonly serial: string;
  readonly status: 'revoked' | 'held' | 'released';
  /** Whose it was, where the CA says so. */
  readonly spiffeId?: string;
}

/** As it was received. Its key opens nothing: it was revoked when it was issued. */
export interface ReceivedCanary {
  readonly issuerId: string;
  /** Of the first CRL that lists it. */
  readonly number: bigint;
  /** DER, leaf first. */
  readonly chain: readonly Buffer[];
  /** PKCS #8, DER. */
  readonly privateKey: Buffer;
}

/** Only what has changed; the first ones of a stream, up to one that is `complete`, are the whole state. */
export interface TrustChange {
  /** Ledger position up to which everything is in what came until now. */
  readonly position: number;
  readonly complete: boolean;
  readonly bundle?: BundleChange;
  readonly crls: readonly ReceivedCrl[];
  readonly endedIssuers: readonly string[];
  readonly rotations: readonly RotationOrder[];
  readonly revocations: readonly Revocation[];
  /** The whole list, where it has changed. */
  readonly services?: readonly ServiceRules[];
  /** Only where they were asked for: the newest of each issuer. */
  readonly canaries?: readonly ReceivedCanary[];
}

export interface TrustRequest {
  /** CRLs that are held are named without their bytes. */
  readonly held: readonly HeldNumber[];
  /** Canaries are tried here. */
  readonly canaries: boolean;
}

export interface HeldNumber {
  readonly issuerId: string;
  readonly number: bigint;
}

/** What a proxy has got: `delivered` says nothing of what it does with it (DESIGN §6.5). */
export interface Acknowledgement extends HeldNumber {
  readonly proxy: string;
  readonly context: string;
  readonly state: 'delivered' | 'enforced' | 'rejected' | 'canary-accepted';
  readonly at: Date;
}

export interface Attested {
  readonly certificate: IssuedCertificate;
  readonly node: string;
  readonly trustDomain: string;
}

/** The CA as an agent sees it; a Nest token. Everything throws AuthorityError. */
export abstract class Authority {
  /** From now on calls are made with it. */
  abstract use(credential: NodeCredential): void;

  /** Trades a join token, which is spent by this, for the node's certificate. PEM request. */
  abstract attest(request: { readonly joinToken: string; readonly csr: string }): Promise<Attested>;

  /** The node's next certificate, over the present one. */
  abstract renewNode(csr: string): Promise<IssuedCertificate>;

  /** `predecessor` is the serial of the certificate that this one replaces. */
  abstract sign(request: {
    readonly spiffeId: string;
    readonly csr: string;
    readonly predecessor?: string;
  }): Promise<IssuedCertificate>;

  /** The whole list, at once and after every change, until it fails or the signal fires. */
  abstract entitlements(signal: AbortSignal): AsyncIterable<readonly Entitlement[]>;

  /** The whole state, then every change. */
  abstract trust(request: TrustRequest, signal: AbortSignal): AsyncIterable<TrustChange>;

  abstract acknowledge(acknowledgements: readonly Acknowledgement[]): Promise<void>;

  abstract close(): Promise<void> | void;
}
