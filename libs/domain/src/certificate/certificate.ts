import type { Decider } from '../shared/decider.js';
import type { Serial, Timestamp } from '../shared/ids.js';
import {
  CertificateExistsError,
  CertificateExpiredError,
  CertificateHeldError,
  CertificateNotFoundError,
  CertificateNotHeldError,
  CertificateRevokedError,
  InvalidityDateError,
  RenewalSameKeyError,
  RenewalWrongIdentityError,
} from './errors.js';
import type { CertificateEvent, IssuedCertificate } from './events.js';
import { type RevocationReason, replacesReason } from './reasons.js';

export type CertificateCommand =
  | { readonly type: 'IssueCertificate'; readonly issued: IssuedCertificate }
  | {
      readonly type: 'RenewCertificate';
      readonly serial: Serial;
      readonly successor: IssuedCertificate;
      readonly now: Timestamp;
    }
  | { readonly type: 'HoldCertificate'; readonly serial: Serial; readonly now: Timestamp }
  | { readonly type: 'ReleaseCertificate'; readonly serial: Serial; readonly now: Timestamp }
  | {
      readonly type: 'RevokeCertificate';
      readonly serial: Serial;
      readonly reason: RevocationReason;
      readonly invalidityDate?: Timestamp;
      readonly now: Timestamp;
    };

export interface Revocation {
  readonly reason: RevocationReason;
  readonly revokedAt: Timestamp;
  readonly invalidityDate?: Timestamp;
}

export type CertificateState =
  | { readonly status: 'unissued' }
  | ({ readonly status: 'active'; readonly successor?: Serial } & IssuedCertificate)
  | ({ readonly status: 'held'; readonly heldAt: Timestamp; readonly successor?: Serial } & IssuedCertificate)
  | ({ readonly status: 'revoked'; readonly revocation: Revocation; readonly successor?: Serial } & IssuedCertificate);

export const certificateDecider: Decider<CertificateCommand, CertificateEvent, CertificateState> = {
  initial: { status: 'unissued' },

  decide: (command, state) => {
    if (command.type === 'IssueCertificate') {
      if (state.status !== 'unissued') throw new CertificateExistsError(command.issued.serial);
      return [{ type: 'CertificateIssued', data: command.issued }];
    }
    if (state.status === 'unissued') throw new CertificateNotFoundError(command.serial);
    const { serial, issuerId, notAfter } = state;
    const named = { serial, issuerId, notAfter };
    switch (command.type) {
      case 'RenewCertificate':
        if (state.status === 'revoked') throw new CertificateRevokedError(serial);
        if (state.status === 'held') throw new CertificateHeldError(serial);
        if (hasExpired(state, command.now)) throw new CertificateExpiredError(serial);
        if (!sameSubject(state, command.successor)) throw new RenewalWrongIdentityError(serial);
        if (command.successor.serial === state.successor) return [];
        if (command.successor.keyHash === state.keyHash) throw new RenewalSameKeyError(serial);
        return [
          { type: 'CertificateRenewed', data: { serial, successor: command.successor.serial, renewedAt: command.now } },
        ];
      case 'HoldCertificate':
        if (state.status === 'revoked') throw new CertificateRevokedError(serial);
        if (state.status === 'held') return [];
        // Nobody accepts it any more, so there is nothing to suspend. A hold that outlived its certificate may be
        // released, and a revocation is recorded at any time: an audit, and a key's other certificates, rest on it.
        if (hasExpired(state, command.now)) throw new CertificateExpiredError(serial);
        return [{ type: 'CertificateHeld', data: { ...named, heldAt: command.now } }];
      case 'ReleaseCertificate':
        if (state.status === 'revoked') throw new CertificateRevokedError(serial);
        if (state.status !== 'held') throw new CertificateNotHeldError(serial);
        return [{ type: 'CertificateReleased', data: { ...named, releasedAt: command.now } }];
      case 'RevokeCertificate':
        return decideRevocation(command, state);
    }
  },

  evolve: (state, event) => {
    if (state.status === 'unissued') {
      return event.type === 'CertificateIssued' ? { ...event.data, status: 'active' } : state;
    }
    // Revoked is final, whatever a ledger that somebody has tampered with says next.
    if (state.status === 'revoked' && event.type !== 'CertificateRevoked') return state;
    switch (event.type) {
      case 'CertificateRenewed':
        return { ...state, successor: event.data.successor };
      case 'CertificateHeld':
        return { ...issuedPart(state), status: 'held', heldAt: event.data.heldAt };
      case 'CertificateReleased':
        return { ...issuedPart(state), status: 'active' };
      case 'CertificateRevoked': {
        const { reason, revokedAt, invalidityDate } = event.data;
        const revocation = { reason, revokedAt, ...(invalidityDate ? { invalidityDate } : {}) };
        return { ...issuedPart(state), status: 'revoked', revocation };
      }
      default:
        return state;
    }
  },
};

type Issued = Exclude<CertificateState, { status: 'unissued' }>;

/** What a revocation rests on. */
export type Revocable = Pick<IssuedCertificate, 'serial' | 'issuerId' | 'notAfter'> &
  (
    | { readonly status: 'active' }
    | { readonly status: 'held'; readonly heldAt: Timestamp }
    | { readonly status: 'revoked'; readonly revocation: Revocation }
  );

export const decideRevocation = (
  {
    reason,
    invalidityDate,
    now,
  }: { readonly reason: RevocationReason; readonly invalidityDate?: Timestamp; readonly now: Timestamp },
  state: Revocable,
): CertificateEvent[] => {
  if (invalidityDate && invalidityDate > now) throw new InvalidityDateError();
  if (state.status === 'revoked' && !replacesReason(state.revocation.reason, reason)) return [];
  const { serial, issuerId, notAfter } = state;
  const { revokedAt, said } = revokedSince(state, now);
  const since = earliest(said, invalidityDate);
  const invalid = since ? { invalidityDate: since } : {};
  return [{ type: 'CertificateRevoked', data: { serial, issuerId, notAfter, reason, revokedAt, ...invalid } }];
};

/** RFC 5280, section 4.1.2.5: the validity period includes notAfter. */
const hasExpired = (state: Issued, now: Timestamp): boolean => now > state.notAfter;

/**
 * A renewal may rest on nothing but the predecessor, so it gives no identity, profile or name that the predecessor did
 * not give; it may give fewer names.
 */
const sameSubject = (predecessor: IssuedCertificate, successor: IssuedCertificate): boolean =>
  successor.identity === predecessor.identity &&
  successor.profile === predecessor.profile &&
  isWithin(successor.dnsNames, predecessor.dnsNames) &&
  isWithin(successor.ipAddresses, predecessor.ipAddresses);

const isWithin = (names: readonly string[] = [], allowed: readonly string[] = []): boolean =>
  names.every((name) => allowed.includes(name));

/**
 * The date of revocation never moves later: relying parties may have acted on it already. X.509 asks the same of a hold
 * that becomes a revocation, which is dated when the hold began.
 */
const revokedSince = (state: Revocable, now: Timestamp): { revokedAt: Timestamp; said?: Timestamp | undefined } => {
  if (state.status === 'held') return { revokedAt: state.heldAt };
  if (state.status !== 'revoked') return { revokedAt: now };
  return { revokedAt: state.revocation.revokedAt, said: state.revocation.invalidityDate };
};

/**
 * RFC 5280, section 5.3.2: since when the key is suspect. That may be before notBefore (a key can be stolen before it is
 * certified), and a later finding never vouches for a time that an earlier one called invalid.
 */
const earliest = (one: Timestamp | undefined, other: Timestamp | undefined): Timestamp | undefined =>
  one && other ? (one < other ? one : other) : (one ?? other);

const issuedPart = (state: Issued) => {
  const {
    heldAt: _heldAt,
    revocation: _revocation,
    ...rest
  } = state as typeof state & {
    heldAt?: Timestamp;
    revocation?: Revocation;
  };
  return rest;
};
