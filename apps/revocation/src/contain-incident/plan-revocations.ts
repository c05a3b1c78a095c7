import {
  type CertificateEvent,
  certificateDecider,
  type CertificateState,
  certificateStream,
  decideRevocation,
  fold,
  type IncidentCounts,
  type Revocable,
  type RevocationReason,
  saysCompromise,
  type Timestamp,
  timestamp,
} from '@cartulary/domain';
import type { Expectation, NewEvent, StreamHistory } from '@cartulary/ledger';
import type { Hit } from '../enumerate-incident/hits.js';

export interface RevocationOrder {
  readonly reason: RevocationReason;
  readonly invalidityDate?: Timestamp;
  readonly now: Timestamp;
  /** What ended before this is valid by nobody's clock. */
  readonly expiredBefore: Timestamp;
}

/** What to append for a batch of hit certificates, and what becomes of them by that. */
export interface RevocationPlan {
  readonly expectations: readonly Expectation[];
  readonly events: readonly NewEvent[];
  readonly done: Omit<IncidentCounts, 'hit'>;
}

/** A certificate with the version of its stream. */
export type Standing = Revocable & { readonly version: number };

export const planRevocations = (order: RevocationOrder, certificates: readonly Standing[]): RevocationPlan => {
  const expectations: Expectation[] = [];
  const events: NewEvent[] = [];
  const done = { revoked: 0, alreadyRevoked: 0, expired: 0 };
  for (const certificate of certificates) {
    const over = certificate.notAfter < order.expiredBefore;
    const decided: CertificateEvent[] = over ? [] : decideRevocation(order, certificate);
    if (certificate.status === 'revoked') done.alreadyRevoked++;
    else if (over) done.expired++;
    else done.revoked++;
    if (decided.length === 0) continue;
    const stream = certificateStream(certificate.serial);
    expectations.push({ stream, version: certificate.version });
    for (const event of decided) events.push({ stream, ...event });
  }
  return { expectations, events, done };
};

/** As the projection has it; undefined where that is not enough to decide on: a harmless reason may be replaced. */
export const standingOf = (hit: Hit, reason: RevocationReason): Standing | undefined => {
  const { serial, issuer_id: issuerId, version, status } = hit;
  const named = { serial, issuerId, notAfter: timestamp(hit.not_after), version };
  if (status === 'a') return { ...named, status: 'active' };
  if (status === 'h') return hit.held_at ? { ...named, status: 'held', heldAt: timestamp(hit.held_at) } : undefined;
  if (!hit.reason || (saysCompromise(reason) && !saysCompromise(hit.reason))) return undefined;
  return { ...named, status: 'revoked', revocation: { reason: hit.reason, revokedAt: named.notAfter } };
};

/** As the ledger has it. */
export const standingIn = ({ version, events }: StreamHistory): Standing => {
  const state: CertificateState = fold(certificateDecider, events);
  if (state.status === 'unissued') throw new Error('a hit certificate is not in the ledger');
  return { ...state, version };
};
