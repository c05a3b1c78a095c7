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
} from './errors.js';
import type { CertificateEvent, IssuedCertificate } from './events.js';
import { type RevocationReason, saysCompromise } from './reasons.js';

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
        if (command.now >= notAfter) throw new CertificateExpiredError(serial);
        if (command.successor.keyHash === state.keyHash) throw new RenewalSameKeyError(serial);
        return [
          { type: 'CertificateRenewed', data: { serial, successor: command.successor.serial, renewedAt: command.now } },
        ];
      case 'HoldCertificate':
        if (state.status === 'revoked') throw new CertificateRevokedError(serial);
        if (state.status === 'held') return [];
        return [{ type: 'CertificateHeld', data: { ...named, heldAt: command.now } }];
      case 'ReleaseCertificate':
        if (state.status === 'revoked') throw new CertificateRevokedError(serial);
        if (state.status !== 'held') throw new CertificateNotHeldError(serial);
        return [{ type: 'CertificateReleased', data: { ...named, releasedAt: command.now } }];
      case 'RevokeCertificate': {
        const { reason, invalidityDate, now } = command;
        if (invalidityDate && invalidityDate > now) throw new InvalidityDateError();
        const since = invalidityDate ? { invalidityDate } : {};
        if (state.status !== 'revoked') {
          return [{ type: 'CertificateRevoked', data: { ...named, reason, revokedAt: now, ...since } }];
        }
        if (!replaces(state.revocation, reason)) return [];
        // The date of revocation stays: relying parties may have acted on it already.
        return [
          { type: 'CertificateRevoked', data: { ...named, reason, revokedAt: state.revocation.revokedAt, ...since } },
        ];
      }
    }
  },

  evolve: (state, event) => {
    if (event.type === 'CertificateIssued') return { status: 'active', ...event.data };
    if (state.status === 'unissued') return state;
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

/** A later finding of compromise replaces a harmless reason; nothing replaces a compromise. */
const replaces = (earlier: Revocation, reason: RevocationReason): boolean =>
  saysCompromise(reason) && !saysCompromise(earlier.reason);

const issuedPart = (state: Exclude<CertificateState, { status: 'unissued' }>) => {
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
