import { describe, expect, it } from 'vitest';
import { fold } from '../shared/decider.js';
import type { Timestamp } from '../shared/ids.js';
import {
  afterExpiry,
  at,
  certificate,
  expiry,
  held,
  issued,
  otherIdentity,
  released,
  renewed,
  revoked,
  serial,
  successor,
  successorSerial,
} from '../testing/fixtures.js';
import { cellsOf, outcomeOf, specificationFor } from '../testing/specification.js';
import { certificateDecider, type CertificateCommand, type CertificateState } from './certificate.js';
import {
  CertificateExpiredError,
  CertificateHeldError,
  CertificateNotHeldError,
  CertificateRevokedError,
  InvalidityDateError,
  RenewalSameKeyError,
  RenewalWrongIdentityError,
} from './errors.js';
import type { CertificateEvent, IssuedCertificate } from './events.js';
import { crlReasonCode, type RevocationReason, saysCompromise } from './reasons.js';

const given = specificationFor(certificateDecider);
const hold = (now: Timestamp): CertificateCommand => ({ type: 'HoldCertificate', serial, now });
const release = (now: Timestamp): CertificateCommand => ({ type: 'ReleaseCertificate', serial, now });
const renew = (change: Partial<IssuedCertificate> = {}, now = at(30)): CertificateCommand => ({
  type: 'RenewCertificate',
  serial,
  successor: { ...successor, ...change },
  now,
});
const revoke = (reason: RevocationReason, now: Timestamp, invalidityDate?: Timestamp): CertificateCommand => ({
  type: 'RevokeCertificate',
  serial,
  reason,
  now,
  ...(invalidityDate ? { invalidityDate } : {}),
});

const reasons = Object.keys(crlReasonCode).filter((reason) => reason !== 'certificateHold') as RevocationReason[];
const compromises = reasons.filter(saysCompromise);
const harmless = reasons.filter((reason) => !saysCompromise(reason));

describe('every command in every state', () => {
  const histories = {
    unissued: [],
    active: [issued],
    renewed: [issued, renewed()],
    held: [issued, held(at(10))],
    released: [issued, held(at(10)), released(at(11))],
    revoked: [issued, revoked('superseded', at(10))],
    'revoked after a hold': [issued, held(at(10)), revoked('unspecified', at(10))],
    'revoked for compromise': [issued, revoked('keyCompromise', at(10))],
  } satisfies Record<CertificateState['status'], CertificateEvent[]> & Record<string, CertificateEvent[]>;

  const commandsAt = (now: Timestamp) =>
    ({
      IssueCertificate: { type: 'IssueCertificate', issued: certificate },
      RenewCertificate: renew({}, now),
      HoldCertificate: hold(now),
      ReleaseCertificate: release(now),
      RevokeCertificate: revoke('cessationOfOperation', now),
      'RevokeCertificate, compromised': revoke('keyCompromise', now),
    }) satisfies Record<CertificateCommand['type'], CertificateCommand> & Record<string, CertificateCommand>;
  type Table = Record<keyof typeof histories, Record<keyof ReturnType<typeof commandsAt>, string>>;
  const row = (...outcomes: [string, string, string, string, string, string]) => ({
    IssueCertificate: outcomes[0],
    RenewCertificate: outcomes[1],
    HoldCertificate: outcomes[2],
    ReleaseCertificate: outcomes[3],
    RevokeCertificate: outcomes[4],
    'RevokeCertificate, compromised': outcomes[5],
  });

  const [EXISTS, MISSING, HELD, NOT_HELD] = [
    'CERTIFICATE_EXISTS',
    'CERTIFICATE_NOT_FOUND',
    'CERTIFICATE_HELD',
    'CERTIFICATE_NOT_HELD',
  ];
  const [EXPIRED, FINAL, REVOKED] = ['CERTIFICATE_EXPIRED', 'CERTIFICATE_REVOKED', 'CertificateRevoked'];
  const valid: Table = {
    unissued: row('CertificateIssued', MISSING, MISSING, MISSING, MISSING, MISSING),
    active: row(EXISTS, 'CertificateRenewed', 'CertificateHeld', NOT_HELD, REVOKED, REVOKED),
    renewed: row(EXISTS, 'nothing', 'CertificateHeld', NOT_HELD, REVOKED, REVOKED),
    held: row(EXISTS, HELD, 'nothing', 'CertificateReleased', REVOKED, REVOKED),
    released: row(EXISTS, 'CertificateRenewed', 'CertificateHeld', NOT_HELD, REVOKED, REVOKED),
    revoked: row(EXISTS, FINAL, FINAL, FINAL, 'nothing', REVOKED),
    'revoked after a hold': row(EXISTS, FINAL, FINAL, FINAL, 'nothing', REVOKED),
    'revoked for compromise': row(EXISTS, FINAL, FINAL, FINAL, 'nothing', 'nothing'),
  };
  it.each(cellsOf(histories, commandsAt(at(30)), valid))(
    '$state: $name → $expected',
    ({ history, command, expected }) => expect(outcomeOf(certificateDecider, history, command)).toBe(expected),
  );

  const expired: Table = {
    ...valid,
    active: row(EXISTS, EXPIRED, EXPIRED, NOT_HELD, REVOKED, REVOKED),
    renewed: row(EXISTS, EXPIRED, EXPIRED, NOT_HELD, REVOKED, REVOKED),
    released: row(EXISTS, EXPIRED, EXPIRED, NOT_HELD, REVOKED, REVOKED),
  };
  it.each(cellsOf(histories, commandsAt(afterExpiry), expired))(
    'expired, $state: $name → $expected',
    ({ history, command, expected }) => expect(outcomeOf(certificateDecider, history, command)).toBe(expected),
  );

  const again: Record<keyof ReturnType<typeof commandsAt>, string> = row(
    EXISTS,
    'nothing',
    'nothing',
    NOT_HELD,
    'nothing',
    'nothing',
  );
  it.each(cellsOf(histories, commandsAt(at(30)), valid).filter(({ expected }) => /^Cert/.test(expected)))(
    '$state: a second $name records nothing',
    ({ history, command, name }) => {
      const decided = certificateDecider.decide(command, fold(certificateDecider, history));
      expect(outcomeOf(certificateDecider, [...history, ...decided], command)).toBe(again[name]);
    },
  );
});

describe('IssueCertificate', () => {
  it('records what was issued, as it is', () =>
    given([]).when({ type: 'IssueCertificate', issued: certificate }).then([issued]));
});

describe('RenewCertificate', () => {
  it('links the successor', () => given([issued]).when(renew()).then([renewed()]));
  it('may be asked for again with another key, as by an agent that lost the first answer', () =>
    given([issued, renewed()])
      .when(renew({ serial: serial }, at(31)))
      .then([renewed(serial, at(31))]));
  it('is good through notAfter', () =>
    given([issued])
      .when(renew({}, expiry))
      .then([renewed(successorSerial, expiry)]));
  it('is refused after notAfter', () =>
    given([issued]).when(renew({}, afterExpiry)).thenThrows(CertificateExpiredError));
  it('is refused for the same key', () =>
    given([issued])
      .when(renew({ keyHash: certificate.keyHash }))
      .thenThrows(RenewalSameKeyError));
  it('is refused on hold', () =>
    given([issued, held(at(1))])
      .when(renew())
      .thenThrows(CertificateHeldError));

  const { identity: _, ...anonymous } = successor;
  const others: Record<string, IssuedCertificate> = {
    'another identity': { ...successor, identity: otherIdentity },
    'no identity': anonymous,
    'another profile': { ...successor, profile: 'operator' },
    'a name more': { ...successor, dnsNames: ['shop.example'] },
    'an address more': { ...successor, ipAddresses: ['10.0.0.1'] },
  };
  it.each(Object.entries(others))('is refused for %s', (_name, other) =>
    given([issued])
      .when({ type: 'RenewCertificate', serial, successor: other, now: at(30) })
      .thenThrows(RenewalWrongIdentityError),
  );
  it('may have fewer names, in any order', () => {
    const names = { dnsNames: ['a.example', 'b.example', 'c.example'], ipAddresses: ['10.0.0.1'] };
    given([{ type: 'CertificateIssued', data: { ...certificate, ...names } }])
      .when(renew({ dnsNames: ['c.example', 'a.example'] }))
      .then([renewed()]);
  });
});

describe('HoldCertificate and ReleaseCertificate', () => {
  it('dates the hold', () =>
    given([issued])
      .when(hold(at(5)))
      .then([held(at(5))]));
  it('dates the release', () =>
    given([issued, held(at(5))])
      .when(release(at(6)))
      .then([released(at(6))]));
  it('may hold once more after a release', () =>
    given([issued, held(at(5)), released(at(6))])
      .when(hold(at(7)))
      .then([held(at(7))]));
  it('does not hold what has expired', () =>
    given([issued]).when(hold(afterExpiry)).thenThrows(CertificateExpiredError));
  it('ends a hold that outlived its certificate', () =>
    given([issued, held(at(5))])
      .when(release(afterExpiry))
      .then([released(afterExpiry)]));
  it('does not release what is not held', () =>
    given([issued])
      .when(release(at(5)))
      .thenThrows(CertificateNotHeldError));
  it.each(reasons)('never releases what is revoked (%s)', (reason) =>
    given([issued, held(at(1)), revoked(reason, at(1))])
      .when(release(at(3)))
      .thenThrows(CertificateRevokedError),
  );
  it('keeps the successor through hold, release and revocation', () => {
    const history = [issued, renewed(), held(at(31)), released(at(32)), revoked('superseded', at(33))];
    expect(fold(certificateDecider, history)).toEqual({
      ...certificate,
      successor: successorSerial,
      status: 'revoked',
      revocation: { reason: 'superseded', revokedAt: at(33) },
    });
  });
});

describe('RevokeCertificate', () => {
  it.each(reasons)('records %s and the time the caller supplied', (reason) =>
    given([issued])
      .when(revoke(reason, at(5)))
      .then([revoked(reason, at(5))]),
  );
  it('works on an expired certificate', () =>
    given([issued])
      .when(revoke('keyCompromise', afterExpiry))
      .then([revoked('keyCompromise', afterExpiry)]));
  it('dates what was held from the hold', () =>
    given([issued, held(at(5))])
      .when(revoke('keyCompromise', at(9)))
      .then([revoked('keyCompromise', at(5))]));
  it('forgets a hold that was released before', () =>
    given([issued, held(at(5)), released(at(6))])
      .when(revoke('superseded', at(9)))
      .then([revoked('superseded', at(9))]));

  describe.each(harmless)('after %s', (earlier) => {
    it.each(compromises)('%s replaces the reason and keeps the date', (later) =>
      given([issued, revoked(earlier, at(5))])
        .when(revoke(later, at(9)))
        .then([revoked(later, at(5))]),
    );
    it.each(harmless)('%s changes nothing', (later) =>
      given([issued, revoked(earlier, at(5))])
        .when(revoke(later, at(9)))
        .then([]),
    );
  });
  describe.each(compromises)('after %s', (earlier) => {
    it.each(reasons)('%s changes nothing', (later) =>
      given([issued, revoked(earlier, at(5))])
        .when(revoke(later, at(9), at(1)))
        .then([]),
    );
  });

  it('records since when the key is suspect', () =>
    given([issued])
      .when(revoke('keyCompromise', at(9), at(5)))
      .then([revoked('keyCompromise', at(9), at(5))]));
  it('takes an invalidity date of this moment', () =>
    given([issued])
      .when(revoke('keyCompromise', at(9), at(9)))
      .then([revoked('keyCompromise', at(9), at(9))]));
  it('takes one before notBefore: a key can be stolen before it is certified', () =>
    given([issued])
      .when(revoke('keyCompromise', at(9), at(-9)))
      .then([revoked('keyCompromise', at(9), at(-9))]));
  it.each([
    ['active', [issued]],
    ['held', [issued, held(at(1))]],
    ['revoked', [issued, revoked('superseded', at(1))]],
    ['revoked for compromise', [issued, revoked('keyCompromise', at(1))]],
  ])('refuses one in the future (%s)', (_state, history) =>
    given(history)
      .when(revoke('keyCompromise', at(9), at(10)))
      .thenThrows(InvalidityDateError),
  );
  it.each([
    [at(3), undefined, at(3)],
    [undefined, at(4), at(4)],
    [at(3), at(4), at(3)],
    [at(4), at(3), at(3)],
  ])('keeps the earlier of the invalidity dates %s and %s', (earlier, later, kept) =>
    given([issued, revoked('superseded', at(5), earlier)])
      .when(revoke('keyCompromise', at(9), later))
      .then([revoked('keyCompromise', at(5), kept)]),
  );
});

describe('evolve', () => {
  const events = [issued, renewed(), held(at(1)), released(at(2)), revoked('superseded', at(3))];
  const states = [[], [issued], [issued, held(at(1))], [issued, revoked('superseded', at(1))]].map((history) =>
    fold(certificateDecider, history),
  );
  it.each(states)('ignores events it does not know ($status)', (state) => {
    expect(fold({ ...certificateDecider, initial: state }, [{ type: 'FromTheFuture', data: { status: 'x' } }])).toBe(
      state,
    );
  });
  it.each(states)('is total ($status)', (state) => {
    for (const event of events) expect(certificateDecider.evolve(state, event).status).toMatch(/^[a-z]+$/);
  });
  it.each(events)('never leads out of revoked ($type)', (event) => {
    const state = fold(certificateDecider, [issued, revoked('superseded', at(1)), event]);
    expect(state.status).toBe('revoked');
  });
  it.each(events.slice(1))('leaves what was never issued unissued ($type)', (event) => {
    expect(fold(certificateDecider, [event])).toEqual({ status: 'unissued' });
  });
  it('does not let data name the status', () => {
    const data = { ...certificate, status: 'revoked' };
    expect(fold(certificateDecider, [{ type: 'CertificateIssued', data }]).status).toBe('active');
  });
});
