import { createHash } from 'node:crypto';
import { certificateFacts } from '@cartulary/x509';
import type { BundleChange } from '../authority/authority.js';
import type { CheckedCrl } from './check-crl.js';

/** What proxies get: checked anchors and checked CRLs. Never changed, but replaced. */
export interface TrustState {
  readonly bundle: BundleChange;
  /** In the order of their issuers' ids. */
  readonly crls: readonly CheckedCrl[];
  /** Names the content: the same state has the same version in every process. */
  readonly version: string;
}

export const trustState = (bundle: BundleChange, crls: Iterable<CheckedCrl>): TrustState => {
  const sorted = [...crls].sort((a, b) => (a.issuerId < b.issuerId ? -1 : 1));
  const hash = createHash('sha256');
  for (const anchor of bundle.anchors) hash.update(anchor);
  for (const { der } of sorted) hash.update(der);
  return { bundle, crls: sorted, version: hash.digest('hex').slice(0, 16) };
};

export const authoritiesOf = ({ anchors, intermediates }: BundleChange): readonly Buffer[] => [
  ...anchors,
  ...intermediates,
];

/** CAs without a CRL that is valid now: Envoy refuses every certificate below them (DESIGN §11.3). */
export const uncovered = ({ bundle, crls }: TrustState, now: Date): readonly Buffer[] => {
  const covered = crls.filter(({ nextUpdate }) => now < nextUpdate).map(({ issuer }) => issuer);
  return authoritiesOf(bundle).filter((authority) => !covered.some((issuer) => issuer.equals(authority)));
};

/** Whether every CA above a leaf has a CRL that is valid now. */
export const covers = (state: TrustState, chain: readonly Buffer[], now: Date): boolean => {
  const missing = uncovered(state, now).map((authority) => certificateFacts(authority).subjectName);
  return chain.every((certificate) => !missing.some((name) => certificateFacts(certificate).issuerName.equals(name)));
};

/** Proxies may have it: there is an anchor and a CRL, and no CRL is one with which Envoy would refuse everybody. */
export const isServable = (state: TrustState, now: Date): boolean =>
  state.crls.length > 0 && state.crls.every(({ nextUpdate }) => now < nextUpdate);

/** When the first of its CRLs ends. */
export const firstEnd = ({ crls }: TrustState): Date | undefined =>
  crls.map(({ nextUpdate }) => nextUpdate).sort((a, b) => a.getTime() - b.getTime())[0];
