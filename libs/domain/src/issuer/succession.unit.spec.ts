import { describe, expect, it } from 'vitest';
import { parseIssuerId, parseSerial, type Timestamp } from '../shared/ids.js';
import { issuerStream } from '../shared/streams.js';
import { at, issuer, issuerId } from '../testing/fixtures.js';
import { IssuerNotActiveError, IssuerNotReadyError } from './errors.js';
import type { Issuer, IssuerState } from './issuer.js';
import { type Candidate, type CutOff, decideCutOff, decideSuccession, lineOf } from './succession.js';

const LEAD = 10 * 60_000;
const nextId = parseIssuerId('aaaaaaaaaaaaaaaa');
const thirdId = parseIssuerId('bbbbbbbbbbbbbbbb');
const active: Issuer = { ...issuer, status: 'active', imported: false, activatedAt: at(0) };
const standby: Issuer = { ...issuer, issuerId: nextId, epoch: 2, status: 'prepared', imported: false };
const compromised: Issuer = { ...active, status: 'compromised' };
const ready: Candidate = { issuer: standby, firstCrlAt: at(0) };

const succeed = (
  candidate: Partial<Candidate> = {},
  predecessor: IssuerState = active,
  now: Timestamp = at(10),
): string[] =>
  decideSuccession({ candidate: { ...ready, ...candidate }, predecessor, lead: LEAD, now }).map(
    ({ stream, event }) => `${stream} ${event.type}`,
  );
const both = [`${issuerStream(issuerId)} IssuerSuperseded`, `${issuerStream(nextId)} IssuerActivated`];

describe('decideSuccession', () => {
  it('activates the next and supersedes the one before, together', () =>
    expect(decideSuccession({ candidate: ready, predecessor: active, lead: LEAD, now: at(10) })).toEqual([
      {
        stream: issuerStream(issuerId),
        event: { type: 'IssuerSuperseded', data: { issuerId, successor: nextId, supersededAt: at(10) } },
      },
      {
        stream: issuerStream(nextId),
        event: { type: 'IssuerActivated', data: { issuerId: nextId, activatedAt: at(10), predecessor: issuerId } },
      },
    ]));
  it('is refused before the lead time has passed', () =>
    expect(() => succeed({}, active, at(9))).toThrow(IssuerNotReadyError));
  it('needs no lead time where everybody has adopted it', () =>
    expect(succeed({ adopted: true }, active, at(1))).toEqual(both));
  it('needs no lead time after a cut-off', () => expect(succeed({}, compromised, at(1))).toEqual(both));
  it.each([
    ['active', active, true],
    ['compromised', compromised, false],
  ])('is refused without a first CRL (%s)', (_, predecessor, adopted) =>
    expect(() =>
      decideSuccession({ candidate: { issuer: standby, adopted }, predecessor, lead: LEAD, now: at(60) }),
    ).toThrow(IssuerNotReadyError),
  );
  it('changes nothing a second time', () =>
    expect(succeed({ issuer: { ...standby, status: 'active' } }, { ...active, successor: nextId })).toEqual([]));
  it('is refused where another has followed already', () =>
    expect(() => succeed({}, { ...active, status: 'retiring', successor: thirdId })).toThrow(IssuerNotActiveError));
  it('is refused behind one that was never active', () => {
    const { activatedAt: _, ...never } = compromised;
    expect(() => succeed({}, never)).toThrow(IssuerNotActiveError);
  });
  it.each(['active', 'retiring', 'retired', 'compromised'] as const)('does not take one that is %s', (status) =>
    expect(() => succeed({ issuer: { ...standby, status } })).toThrow(IssuerNotActiveError),
  );
  it.each([
    ['of another purpose', { ...standby, purpose: 'server' as const }],
    ['of the same epoch', { ...standby, epoch: 1 }],
    ['that was not read', { status: 'unknown' as const }],
  ])('takes no issuer %s', (_, candidate) => expect(() => succeed({ issuer: candidate })).toThrow(TypeError));
});

describe('decideCutOff', () => {
  const cut = (issuerState: IssuerState, over: Partial<CutOff> = {}): string[] =>
    decideCutOff({
      ...{ issuer: issuerState, issuerId, serial: parseSerial('01cc'), reason: 'cACompromise', now: at(1) },
      ...{ standby: ready, ...over },
    }).map(({ stream, event }) => `${stream} ${event.type}`);
  const own = `${issuerStream(issuerId)} IssuerCompromised`;

  it('puts the standby in the place of an active issuer, in the same append', () =>
    expect(cut(active)).toEqual([own, ...both]));
  it.each([
    ['is not there', undefined],
    ['has no CRL', { issuer: standby }],
    ['has ended', { ...ready, issuer: { ...standby, notAfter: at(0) } }],
    ['was cut off too', { ...ready, issuer: { ...standby, status: 'compromised' as const } }],
  ])('goes without a standby that %s', (_, candidate) =>
    expect(cut(active, candidate ? { standby: candidate } : { standby: { issuer: { status: 'unknown' } } })).toEqual([
      own,
    ]),
  );
  it.each(['prepared', 'retiring', 'retired'] as const)('activates nothing for one that is %s', (status) =>
    expect(cut({ ...active, status })).toEqual([own]),
  );
  it('changes nothing a second time', () =>
    expect(cut({ ...compromised, revocation: { reason: 'cACompromise', revokedAt: at(0) } })).toEqual([]));
});

describe('lineOf', () => {
  const third: Issuer = { ...standby, issuerId: thirdId, epoch: 3 };
  it('finds the one that issues and the one that was made next', () =>
    expect(lineOf([third, active, standby])).toEqual({ current: active, standby }));
  it('keeps the place of one that was cut off', () =>
    expect(lineOf([compromised, standby])).toEqual({ current: compromised, standby }));
  it('passes over a standby that was cut off', () => {
    const { activatedAt: _, ...cut } = { ...standby, status: 'compromised' as const };
    expect(lineOf([active, cut, third])).toEqual({ current: active, standby: third });
  });
  it('passes over a standby that has ended', () => {
    const lasting: Issuer = { ...third, notAfter: at(121) };
    expect(lineOf([active, standby, lasting], at(119))).toEqual({ current: active, standby });
    expect(lineOf([active, standby, lasting], at(120))).toEqual({ current: active, standby: lasting });
  });
  it('goes on with the successor', () => {
    const old: Issuer = { ...active, status: 'retiring', successor: nextId };
    const now: Issuer = { ...standby, status: 'active', activatedAt: at(5) };
    expect(lineOf([now, old])).toEqual({ current: now });
  });
  it('has nobody where there is nobody', () => expect(lineOf([])).toEqual({}));
});
