import { describe, expect, it } from 'vitest';
import { fold } from '../shared/decider.js';
import { type Base64, parseIssuerId, parseSerial, type Timestamp } from '../shared/ids.js';
import { at, issuer, issuerId } from '../testing/fixtures.js';
import { cellsOf, outcomeOf, specificationFor } from '../testing/specification.js';
import { InvalidityDateError } from '../certificate/errors.js';
import {
  EpochNotOverError,
  IssuerNotActiveError,
  IssuerNotFoundError,
  IssuerNotReadyError,
  IssuerNotRevocableError,
} from './errors.js';
import type { IssuerEvent, IssuerPurpose } from './events.js';
import { type IssuerCommand, issuerDecider, type IssuerState } from './issuer.js';

const given = specificationFor(issuerDecider);
const serial = parseSerial('01cc');
const successor = parseIssuerId('aaaaaaaaaaaaaaaa');
const other = parseIssuerId('bbbbbbbbbbbbbbbb');
const created: IssuerEvent = { type: 'IssuerCreated', data: issuer };
const imported: IssuerEvent = { type: 'IssuerImported', data: issuer };
const activated: IssuerEvent = { type: 'IssuerActivated', data: { issuerId, activatedAt: at(1) } };
const superseded: IssuerEvent = { type: 'IssuerSuperseded', data: { issuerId, successor, supersededAt: at(2) } };
const expired: IssuerEvent = {
  type: 'EpochExpired',
  data: { issuerId, certificates: 2, lastNotAfter: at(60), expiredAt: at(61) },
};
const retired: IssuerEvent = { type: 'IssuerRetired', data: { issuerId, retiredAt: at(62) } };
const compromised: IssuerEvent = {
  type: 'IssuerCompromised',
  data: { issuerId, serial, notAfter: issuer.notAfter, reason: 'cACompromise', revokedAt: at(3) },
};

const activate = (now: Timestamp): IssuerCommand => ({ type: 'ActivateIssuer', issuerId, firstCrlAt: at(0), now });
const cutOff = (over: object = {}): IssuerCommand => ({
  ...{ type: 'CutOffIssuer', issuerId, serial, reason: 'cACompromise', now: at(70) },
  ...over,
});

const histories = {
  unknown: [],
  prepared: [created],
  'prepared by import': [imported],
  active: [created, activated],
  retiring: [created, activated, superseded],
  'retiring, its epoch expired': [created, activated, superseded, expired],
  retired: [created, activated, superseded, expired, retired],
  compromised: [created, activated, compromised],
  'compromised and replaced': [created, activated, compromised, superseded],
  'compromised before it was active': [created, compromised],
  'compromised after it retired': [created, activated, superseded, expired, retired, compromised],
} satisfies Record<IssuerState['status'], IssuerEvent[]> & Record<string, IssuerEvent[]>;
/** CRLs that are given to us are of anchors, whatever their state. */
type Tabled = Exclude<IssuerCommand['type'], 'ImportCrl'>;
const commands: { [Type in Tabled]: IssuerCommand & { type: Type } } = {
  CreateIssuer: { type: 'CreateIssuer', issuer },
  ImportIssuer: { type: 'ImportIssuer', issuer },
  ActivateIssuer: { type: 'ActivateIssuer', issuerId, firstCrlAt: at(0), now: at(70) },
  SupersedeIssuer: { type: 'SupersedeIssuer', issuerId, successor, now: at(70) },
  ExpireEpoch: { type: 'ExpireEpoch', issuerId, certificates: 2, lastNotAfter: at(60), now: at(70) },
  RetireIssuer: { type: 'RetireIssuer', issuerId, finalCrlAt: at(65), now: at(70) },
  CutOffIssuer: { type: 'CutOffIssuer', issuerId, serial, reason: 'cACompromise', now: at(70) },
};
type Row = Record<Tabled, string>;
const row = (
  ActivateIssuer: string,
  SupersedeIssuer: string,
  ExpireEpoch: string,
  RetireIssuer: string,
  CutOffIssuer: string,
): Row => ({
  ...{ CreateIssuer: 'ISSUER_EXISTS', ImportIssuer: 'ISSUER_EXISTS' },
  ...{ ActivateIssuer, SupersedeIssuer, ExpireEpoch, RetireIssuer, CutOffIssuer },
});
const none = 'ISSUER_NOT_FOUND';
const inactive = 'ISSUER_NOT_ACTIVE';
const early = 'EPOCH_NOT_OVER';
const cut = 'IssuerCompromised';
const table: Record<keyof typeof histories, Row> = {
  unknown: {
    ...row(none, none, none, none, none),
    ...{ CreateIssuer: 'IssuerCreated', ImportIssuer: 'IssuerImported' },
  },
  prepared: row('IssuerActivated', inactive, early, early, cut),
  'prepared by import': row('IssuerActivated', inactive, early, early, cut),
  active: row('nothing', 'IssuerSuperseded', early, early, cut),
  retiring: row(inactive, 'nothing', 'EpochExpired', early, cut),
  'retiring, its epoch expired': row(inactive, 'nothing', 'nothing', 'IssuerRetired', cut),
  retired: row(inactive, 'nothing', 'nothing', 'nothing', cut),
  compromised: row(inactive, 'IssuerSuperseded', 'EpochExpired', 'nothing', 'nothing'),
  'compromised and replaced': row(inactive, 'nothing', 'EpochExpired', 'nothing', 'nothing'),
  'compromised before it was active': row(inactive, inactive, 'EpochExpired', 'nothing', 'nothing'),
  'compromised after it retired': row(inactive, 'nothing', 'nothing', 'nothing', 'nothing'),
};
it.each(cellsOf(histories, commands, table))('$state: $name → $expected', ({ history, command, expected }) =>
  expect(outcomeOf(issuerDecider, history, command)).toBe(expected),
);

describe('events', () => {
  it('hold the record as it is', () => {
    given([]).when({ type: 'CreateIssuer', issuer }).then([created]);
    given([]).when({ type: 'ImportIssuer', issuer }).then([imported]);
  });
  it('are dated', () => {
    given([created])
      .when(activate(at(1)))
      .then([activated]);
    given([created, activated])
      .when({ type: 'SupersedeIssuer', issuerId, successor, now: at(2) })
      .then([superseded]);
    given([created, activated, superseded])
      .when({ type: 'ExpireEpoch', issuerId, certificates: 2, lastNotAfter: at(60), now: at(61) })
      .then([expired]);
    given([created, activated, superseded, expired])
      .when({ type: 'RetireIssuer', issuerId, finalCrlAt: at(61), now: at(62) })
      .then([retired]);
  });
});

describe('ActivateIssuer', () => {
  it.each([issuer.notBefore, issuer.notAfter])('is good through its validity (%s)', (now) =>
    given([created])
      .when(activate(now))
      .then([{ type: 'IssuerActivated', data: { issuerId, activatedAt: now } }]),
  );
  it.each([at(-61), at(121)])('is refused outside its validity (%s)', (now) =>
    given([created]).when(activate(now)).thenThrows(IssuerNotActiveError),
  );
  it('is refused while its first CRL is not out', () =>
    given([created])
      .when({ type: 'ActivateIssuer', issuerId, now: at(1) })
      .thenThrows(IssuerNotReadyError));
  it.each([
    [1, successor],
    [2, undefined],
  ])('of epoch %i needs the right predecessor, not %s', (epoch, predecessor) =>
    given([{ type: 'IssuerCreated', data: { ...issuer, epoch } }])
      .when({
        ...{ type: 'ActivateIssuer', issuerId, firstCrlAt: at(0), now: at(1) },
        ...(predecessor ? { predecessor } : {}),
      })
      .thenThrows(TypeError),
  );
});

describe('SupersedeIssuer', () => {
  it('lets one successor through, not two', () =>
    given([created, activated, superseded])
      .when({ type: 'SupersedeIssuer', issuerId, successor: other, now: at(3) })
      .thenThrows(IssuerNotActiveError));
});

describe('ExpireEpoch', () => {
  const expire = (now: Timestamp): IssuerCommand => ({
    ...{ type: 'ExpireEpoch', issuerId, certificates: 1, lastNotAfter: at(60), now },
  });
  it('is refused while a certificate is valid, its last moment included', () =>
    given(histories.retiring)
      .when(expire(at(60)))
      .thenThrows(EpochNotOverError));
  it('needs no last certificate where there was none', () =>
    given(histories.retiring)
      .when({ type: 'ExpireEpoch', issuerId, certificates: 0, now: at(3) })
      .then([{ type: 'EpochExpired', data: { issuerId, certificates: 0, expiredAt: at(3) } }]));
});

describe('RetireIssuer', () => {
  it('is refused while the final CRL is not out', () =>
    given(histories['retiring, its epoch expired'])
      .when({ type: 'RetireIssuer', issuerId, now: at(70) })
      .thenThrows(EpochNotOverError));
});

describe('CutOffIssuer', () => {
  it('repeats what the parent’s CRL is made from', () => {
    const child = { ...issuer, parent: other };
    given([{ type: 'IssuerCreated', data: child }])
      .when(cutOff({ invalidityDate: at(-5) }))
      .then([
        {
          type: 'IssuerCompromised',
          data: {
            ...{ issuerId, parent: other, serial, notAfter: issuer.notAfter },
            ...{ reason: 'cACompromise', revokedAt: at(70), invalidityDate: at(-5) },
          },
        },
      ]);
  });
  it('keeps its date and the earliest suspicion when a compromise replaces a harmless reason', () => {
    const harmless: IssuerEvent = {
      type: 'IssuerCompromised',
      data: { ...compromised.data, reason: 'superseded', revokedAt: at(3), invalidityDate: at(1) },
    };
    const expectation = { ...compromised.data, reason: 'keyCompromise', revokedAt: at(3), invalidityDate: at(1) };
    given([created, activated, harmless])
      .when(cutOff({ reason: 'keyCompromise', invalidityDate: at(2) }))
      .then([{ type: 'IssuerCompromised', data: expectation } as IssuerEvent]);
    given([created, activated, harmless])
      .when(cutOff({ reason: 'cessationOfOperation' }))
      .then([]);
  });
  it('is refused with a suspicion of the future', () =>
    given([created])
      .when(cutOff({ invalidityDate: at(71) }))
      .thenThrows(InvalidityDateError));
  it.each(['root', 'intermediate', 'system-root'] satisfies IssuerPurpose[])('is refused for a %s', (purpose) =>
    given([{ type: 'IssuerCreated', data: { ...issuer, purpose } }])
      .when(cutOff())
      .thenThrows(IssuerNotRevocableError),
  );
});

describe('evolve', () => {
  it('tells an imported issuer from a created one', () => {
    expect(fold(issuerDecider, [created])).toEqual({ ...issuer, status: 'prepared', imported: false });
    expect(fold(issuerDecider, [imported, activated])).toMatchObject({ status: 'active', imported: true });
  });
  it.each([created, imported, activated, superseded])('never leads out of retired ($type)', (event) =>
    expect(fold(issuerDecider, [...histories.retired, event]).status).toBe('retired'),
  );
  it.each([created, imported, activated, superseded, expired, retired])(
    'never leads out of compromised ($type)',
    (event) => expect(fold(issuerDecider, [...histories.compromised, event]).status).toBe('compromised'),
  );
  it.each([activated, superseded, expired, retired, compromised])('leaves what does not exist ($type)', (event) =>
    expect(fold(issuerDecider, [event])).toEqual({ status: 'unknown' }),
  );
  it.each(Object.entries(histories))('changes nothing when events come again (%s)', (_name, history) => {
    const state = fold(issuerDecider, history);
    expect(fold({ ...issuerDecider, initial: state }, history)).toEqual(state);
  });
  it.each(Object.entries(histories))('ignores events it does not know (%s)', (_name, history) => {
    const state = fold(issuerDecider, history);
    expect(fold({ ...issuerDecider, initial: state }, [{ type: 'IssuerCrossSigned', data: {} }])).toBe(state);
  });
});

describe('ImportCrl', () => {
  const { keyId: _keyId, ...anchor } = { ...issuer, keyId: 'k', purpose: 'root' as const };
  const known: IssuerEvent = { type: 'IssuerImported', data: anchor };
  const crl = (number: number) => ({
    ...{ issuerId, number, thisUpdate: at(1), nextUpdate: at(60), entries: 0, crl: 'MAA=' as Base64 },
  });
  const bring = (number: number, now = at(2)): IssuerCommand => ({ type: 'ImportCrl', ...crl(number), now });
  const brought = (number: number): IssuerEvent => ({
    type: 'IssuerCrlImported',
    data: { ...crl(number), importedAt: at(2) },
  });

  it('records it as it is, once', () => {
    given([known])
      .when(bring(7))
      .then([brought(7)]);
    given([known, brought(7)])
      .when(bring(7))
      .then([]);
    given([known, brought(7)])
      .when(bring(8))
      .then([brought(8)]);
  });
  it('takes back nothing, and nothing that has ended', () => {
    given([known, brought(7)])
      .when(bring(6))
      .then([]);
    given([known])
      .when(bring(7, at(60)))
      .then([]);
  });
  it('is not for issuers whose key is here', () => {
    const held: IssuerEvent = { type: 'IssuerImported', data: { ...anchor, keyId: 'k' } };
    expect(() => issuerDecider.decide(bring(7), fold(issuerDecider, [held]))).toThrow(TypeError);
    given([]).when(bring(7)).thenThrows(IssuerNotFoundError);
  });
});
