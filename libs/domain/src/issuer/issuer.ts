import type { Revocation } from '../certificate/certificate.js';
import { InvalidityDateError } from '../certificate/errors.js';
import { replacesReason, type RevocationReason } from '../certificate/reasons.js';
import type { Decider } from '../shared/decider.js';
import type { IssuerId, Serial, Timestamp } from '../shared/ids.js';
import {
  EpochNotOverError,
  IssuerExistsError,
  IssuerNotActiveError,
  IssuerNotFoundError,
  IssuerNotReadyError,
  IssuerNotRevocableError,
} from './errors.js';
import type { IssuerCrlImported, IssuerEvent, IssuerPurpose, IssuerRecord } from './events.js';

export type IssuerCommand =
  | { readonly type: 'CreateIssuer'; readonly issuer: IssuerRecord }
  | { readonly type: 'ImportIssuer'; readonly issuer: IssuerRecord }
  | {
      readonly type: 'ActivateIssuer';
      readonly issuerId: IssuerId;
      /** When its first CRL was published. */
      readonly firstCrlAt?: Timestamp;
      /** Whose place it takes; none for the first of its purpose. */
      readonly predecessor?: IssuerId;
      readonly now: Timestamp;
    }
  | {
      readonly type: 'SupersedeIssuer';
      readonly issuerId: IssuerId;
      readonly successor: IssuerId;
      readonly now: Timestamp;
    }
  | {
      readonly type: 'ExpireEpoch';
      readonly issuerId: IssuerId;
      readonly certificates: number;
      /** Of the certificate that ends last. */
      readonly lastNotAfter?: Timestamp;
      readonly now: Timestamp;
    }
  | {
      readonly type: 'RetireIssuer';
      readonly issuerId: IssuerId;
      /** thisUpdate of a CRL that was prepared after the epoch had expired. */
      readonly finalCrlAt?: Timestamp;
      readonly now: Timestamp;
    }
  | {
      readonly type: 'CutOffIssuer';
      readonly issuerId: IssuerId;
      /** Of the issuer's own certificate. */
      readonly serial: Serial;
      readonly reason: RevocationReason;
      readonly invalidityDate?: Timestamp;
      readonly now: Timestamp;
    }
  | ({ readonly type: 'ImportCrl'; readonly now: Timestamp } & Omit<IssuerCrlImported['data'], 'importedAt'>);

/** prepared → active → retiring → retired; from each of them: compromised, which is final. */
export type IssuerStatus = 'prepared' | 'active' | 'retiring' | 'retired' | 'compromised';

export interface Issuer extends IssuerRecord {
  readonly status: IssuerStatus;
  readonly imported: boolean;
  readonly activatedAt?: Timestamp;
  /** Who issues in its place. */
  readonly successor?: IssuerId;
  /** Since when none of its certificates is valid. */
  readonly expiredAt?: Timestamp;
  /** Of a compromised issuer. */
  readonly revocation?: Revocation;
  /** Of the newest CRL that was given to us. */
  readonly crlNumber?: number;
}

export type IssuerState = { readonly status: 'unknown' } | Issuer;

/** Those whose epochs follow one another. The others are anchors, or hold the epochs' certificates. */
export const isEpochPurpose = (purpose: IssuerPurpose): purpose is 'workload' | 'server' | 'system' =>
  purpose === 'workload' || purpose === 'server' || purpose === 'system';

export const issuerDecider: Decider<IssuerCommand, IssuerEvent, IssuerState> = {
  initial: { status: 'unknown' },
  decide: (command, state) => {
    if (command.type === 'CreateIssuer' || command.type === 'ImportIssuer') {
      const { issuer } = command;
      if (state.status !== 'unknown') throw new IssuerExistsError(issuer.issuerId);
      return [{ type: command.type === 'CreateIssuer' ? 'IssuerCreated' : 'IssuerImported', data: issuer }];
    }
    const { issuerId, now } = command;
    if (state.status === 'unknown') throw new IssuerNotFoundError(issuerId);
    switch (command.type) {
      case 'ActivateIssuer': {
        if (state.status === 'active') return [];
        if (state.status !== 'prepared' || now < state.notBefore || now > state.notAfter) {
          throw new IssuerNotActiveError(issuerId);
        }
        const { firstCrlAt, predecessor } = command;
        // Proxies refuse certificates whose issuer has no CRL.
        if (!firstCrlAt) throw new IssuerNotReadyError(`the first CRL of issuer ${issuerId} is not out`);
        // Only one issuer of a purpose has nobody before it, so epochs are one row, and one of it is active.
        if ((state.epoch === 1) !== (predecessor === undefined)) throw new TypeError('a later epoch follows another');
        return [
          { type: 'IssuerActivated', data: { issuerId, activatedAt: now, ...(predecessor ? { predecessor } : {}) } },
        ];
      }
      case 'SupersedeIssuer':
        if (state.successor === command.successor) return [];
        // Once: two that want to follow it meet here.
        if (!state.activatedAt || state.successor) throw new IssuerNotActiveError(issuerId);
        return [{ type: 'IssuerSuperseded', data: { issuerId, successor: command.successor, supersededAt: now } }];
      case 'ExpireEpoch': {
        if (state.expiredAt) return [];
        const { certificates, lastNotAfter } = command;
        if (state.status !== 'retiring' && state.status !== 'compromised')
          throw new EpochNotOverError(issuerId, 'it may issue');
        // RFC 5280, section 4.1.2.5: the validity period includes notAfter.
        if (lastNotAfter && now <= lastNotAfter) throw new EpochNotOverError(issuerId, `valid until ${lastNotAfter}`);
        const last = lastNotAfter ? { lastNotAfter } : {};
        return [{ type: 'EpochExpired', data: { issuerId, certificates, ...last, expiredAt: now } }];
      }
      case 'RetireIssuer':
        if (state.status === 'retired' || state.status === 'compromised') return [];
        if (!state.expiredAt) throw new EpochNotOverError(issuerId, 'its certificates have not expired');
        if (!command.finalCrlAt) throw new EpochNotOverError(issuerId, 'its final CRL is not out');
        return [{ type: 'IssuerRetired', data: { issuerId, retiredAt: now } }];
      case 'ImportCrl': {
        const { type: _type, now: importedAt, ...crl } = command;
        if (state.keyId !== undefined) throw new TypeError('an issuer whose key is here signs its own CRLs');
        // RFC 5280, section 5.2.3: the greater number is the newer CRL. What was said once is not taken back.
        if (crl.number <= (state.crlNumber ?? 0) || crl.nextUpdate <= now) return [];
        return [{ type: 'IssuerCrlImported', data: { ...crl, importedAt } }];
      }
      case 'CutOffIssuer': {
        if (!isEpochPurpose(state.purpose)) throw new IssuerNotRevocableError(issuerId, state.purpose);
        const { serial, reason, invalidityDate } = command;
        if (invalidityDate && invalidityDate > now) throw new InvalidityDateError();
        const earlier = state.revocation;
        if (earlier && !replacesReason(earlier.reason, reason)) return [];
        const { parent, notAfter } = state;
        const since = [earlier?.invalidityDate, invalidityDate].filter((date) => date !== undefined).sort()[0];
        return [
          {
            type: 'IssuerCompromised',
            data: {
              issuerId,
              ...(parent ? { parent } : {}),
              ...{ serial, notAfter, reason, revokedAt: earlier?.revokedAt ?? now },
              ...(since ? { invalidityDate: since } : {}),
            },
          },
        ];
      }
    }
  },
  evolve: (state, event) => {
    if (state.status === 'unknown') {
      if (event.type === 'IssuerCreated') return { ...event.data, status: 'prepared', imported: false };
      return event.type === 'IssuerImported' ? { ...event.data, status: 'prepared', imported: true } : state;
    }
    // Compromised is final, whatever a ledger that somebody has tampered with says next.
    const final = state.status === 'compromised';
    switch (event.type) {
      case 'IssuerActivated':
        return state.status === 'prepared'
          ? { ...state, status: 'active', activatedAt: event.data.activatedAt }
          : state;
      case 'IssuerSuperseded': {
        if (state.successor || !state.activatedAt) return state;
        const { successor } = event.data;
        return { ...state, successor, status: state.status === 'active' ? 'retiring' : state.status };
      }
      case 'EpochExpired':
        return state.expiredAt ? state : { ...state, expiredAt: event.data.expiredAt };
      case 'IssuerRetired':
        return final ? state : { ...state, status: 'retired' };
      case 'IssuerCompromised': {
        const { reason, revokedAt, invalidityDate } = event.data;
        const revocation = { reason, revokedAt, ...(invalidityDate ? { invalidityDate } : {}) };
        return { ...state, status: 'compromised', revocation };
      }
      case 'IssuerCrlImported':
        return { ...state, crlNumber: event.data.number };
      default:
        return state;
    }
  },
};
