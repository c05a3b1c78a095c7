import type { CeremonyIssuerKind } from './plan.js';

export interface CeremonyIssuer {
  readonly name: string;
  readonly kind: CeremonyIssuerKind;
  readonly epoch: number;
  /** RFC 3339. */
  readonly activeFrom: string;
  /** The certificate, PEM. */
  readonly file: string;
  readonly serial: string;
  /** SHA-256 of the SPKI, lower-case hex. */
  readonly keyHash: string;
  /** Of the key's sealed file in `keys/`; absent where the key was made elsewhere and a request came in. */
  readonly key?: string;
}

export interface CeremonyCrl {
  readonly number: number;
  /** RFC 3339. */
  readonly from: string;
  readonly thisUpdate: string;
  readonly nextUpdate: string;
}

/** `ceremony.json`: what lies in the directory and what it is for. */
export interface CeremonyManifest {
  readonly version: 1;
  readonly trustDomain: string;
  readonly publicUrl: string;
  readonly root: { readonly file: string; readonly keyHash: string };
  readonly issuers: readonly CeremonyIssuer[];
  /** By date; files are DER. */
  readonly crls: readonly (CeremonyCrl & { readonly file: string })[];
  /** For each set of issuers (by name) a file of `sealed/`, with a CRL for each date. */
  readonly sealed: readonly { readonly issuers: readonly string[]; readonly file: string }[];
}

/** What is in a sealed file. */
export interface SealedSeries {
  readonly crls: readonly (CeremonyCrl & { /** DER, base64. */ readonly crl: string })[];
}

export const ceremonyFiles = {
  manifest: 'ceremony.json',
  plan: 'plan.json',
  root: 'root.crt',
  transcript: 'transcript.jsonl',
  signature: 'transcript.sig.json',
  keys: 'keys',
  sealed: 'sealed',
} as const;
