import { type KeyAlgorithm } from '../signer/key-algorithm.js';
import {
  type CeremonyIssuerKind,
  type CeremonyPlan,
  maxPlannedCrls,
  type PlannedCrl,
  type PlannedIssuer,
} from './plan.js';

export interface PlanOptions {
  readonly trustDomain: string;
  readonly publicUrl: string;
  readonly keyAlgorithm: KeyAlgorithm;
  readonly kinds: readonly CeremonyIssuerKind[];
  /** Of each kind. */
  readonly epochs: number;
  readonly from: Date;
  /** Durations in milliseconds: of an epoch, */
  readonly epochLength: number;
  /** of the longest certificate that an issuer issues, */
  readonly longestCertificate: number;
  /** between two dates, */
  readonly crlEvery: number;
  /** from a date to its nextUpdate, */
  readonly crlValidity: number;
  /** and of the root. */
  readonly rootLife: number;
  readonly skewSeconds: number;
  readonly together: 1 | 2;
}

const text = (ms: number): string => `${new Date(Math.floor(ms / 1_000) * 1_000).toISOString().slice(0, 19)}Z`;

/**
 * A plan by its rules. Each issuer lives until the end of the epoch after its own, so that it can be followed late, and as
 * long again as a certificate; the dates of CRLs go on until the last issuer has ended.
 */
export const makePlan = (options: PlanOptions): CeremonyPlan => {
  const { kinds, epochs, from, epochLength, longestCertificate, crlEvery, crlValidity, rootLife } = options;
  const { trustDomain, publicUrl, keyAlgorithm, skewSeconds, together } = options;
  const start = from.getTime();
  const issuers = kinds.flatMap((kind) =>
    Array.from({ length: epochs }, (_, index): PlannedIssuer => {
      const activeFrom = start + index * epochLength;
      const notAfter = text(activeFrom + 2 * epochLength + longestCertificate);
      return { name: `${kind}-${index + 1}`, kind, epoch: index + 1, activeFrom: text(activeFrom), notAfter };
    }),
  );
  const end = start + (epochs + 1) * epochLength + longestCertificate;
  const crls: PlannedCrl[] = [];
  for (let date = start; date < end && crls.length <= maxPlannedCrls; date += crlEvery) {
    crls.push({ from: text(date), nextUpdate: text(date + crlValidity) });
  }
  return {
    ...{ version: 1, trustDomain, publicUrl, keyAlgorithm, skewSeconds, from: text(start) },
    ...{ rootNotAfter: text(start + rootLife), issuers, crls, revoked: [], together },
  };
};
