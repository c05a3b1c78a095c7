import type { IssuedCertificate, LeafProfile } from '../certificate/events.js';
import type { SpiffeId } from '../identity/spiffe-id.js';
import { namespaceOf } from '../rotation/selector.js';
import { InvalidValueError } from '../shared/errors.js';
import type { IssuerId, KeyHash, NodeName, Serial, Timestamp } from '../shared/ids.js';

/** What is compromised: certificates that agree with every member that is given. */
export interface IncidentSelector {
  readonly keyHash?: KeyHash;
  readonly serials?: readonly Serial[];
  readonly identity?: SpiffeId;
  readonly namespace?: string;
  readonly node?: NodeName;
  readonly issuerId?: IssuerId;
  /** Both ends included; by when the decision to issue was made. */
  readonly issuedBetween?: { readonly from: Timestamp; readonly to: Timestamp };
}

/** What a selector looks at. */
export interface Selectable {
  readonly serial: Serial;
  readonly keyHash: KeyHash;
  readonly identity?: SpiffeId;
  readonly node?: NodeName;
  readonly issuerId: IssuerId;
  readonly profile: LeafProfile;
  readonly issuedAt: Timestamp;
}

export const selectableOf = (issued: IssuedCertificate, issuedAt: Timestamp): Selectable => {
  const { serial, keyHash, identity, issuerId, profile } = issued;
  const { node } = issued.evidence;
  return { serial, keyHash, issuerId, profile, issuedAt, ...(identity ? { identity } : {}), ...(node ? { node } : {}) };
};

/** 43 bytes each at most in an event's JSON, which has to stay below 65 535. More are several incidents. */
export const MOST_SERIALS_HIT = 1_000;

/**
 * OCSP delegates are selected by key or serial alone: somebody has to answer "revoked" for an issuer's certificates, and
 * relying parties do not ask whether a delegate is revoked (id-pkix-ocsp-nocheck).
 */
export const selectsDelegates = ({ keyHash, serials }: IncidentSelector): boolean =>
  keyHash !== undefined || serials !== undefined;

/** Delegates, and canaries, which are revoked from birth and nobody's. */
export const standsApart = (profile: LeafProfile): boolean => profile === 'ocsp-signing' || profile === 'canary';

export const isHit = (selector: IncidentSelector, certificate: Selectable): boolean => {
  const { keyHash, serials, identity, namespace, node, issuerId, issuedBetween } = selector;
  return (
    (!standsApart(certificate.profile) || selectsDelegates(selector)) &&
    (keyHash === undefined || certificate.keyHash === keyHash) &&
    (serials === undefined || serials.includes(certificate.serial)) &&
    (identity === undefined || certificate.identity === identity) &&
    (namespace === undefined || namespaceOf(certificate.identity) === namespace) &&
    (node === undefined || certificate.node === node) &&
    (issuerId === undefined || certificate.issuerId === issuerId) &&
    (issuedBetween === undefined ||
      (certificate.issuedAt >= issuedBetween.from && certificate.issuedAt <= issuedBetween.to))
  );
};

export const refuseMalformedSelector = (selector: IncidentSelector, now: Timestamp): void => {
  const { serials, issuedBetween } = selector;
  if (Object.values(selector).every((member) => member === undefined)) {
    throw new InvalidValueError('selector', 'at least one of its members: nobody means every certificate');
  }
  if (
    serials &&
    (serials.length === 0 || serials.length > MOST_SERIALS_HIT || new Set(serials).size < serials.length)
  ) {
    throw new InvalidValueError(
      'selector/serials',
      `1 to ${MOST_SERIALS_HIT} serials, each once; declare several incidents, or select by what they have in common`,
    );
  }
  if (!issuedBetween) return;
  const { from, to } = issuedBetween;
  if (from > to) throw new InvalidValueError('selector/issuedBetween', 'it ends after it begins');
  if (to > now) throw new InvalidValueError('selector/issuedBetween/to', 'it lies in the future: leave it out for now');
};

/**
 * Whether holders may be given new certificates before the old ones are revoked: not where the key or the machine is in
 * other hands, and only what a rotation can be ordered for.
 */
export const allowsReissueFirst = (selector: IncidentSelector): boolean => {
  const { identity, namespace, issuerId, serials } = selector;
  const given = Object.values(selector).filter((member) => member !== undefined);
  return given.length === 1 && [identity, namespace, issuerId, serials].some((member) => member !== undefined);
};
