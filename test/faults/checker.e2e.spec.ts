import { describe, expect, it } from 'vitest';
import { checkRun } from '../support/faults/check-run.js';
import type { Command, CrlSeen, Evidence, Fact, OcspSeen } from '../support/faults/evidence.js';

const issuerId = 'feedfacefeedface';
const [alice, bob, carol, dora] = ['01aa', '01bb', '01cc', '01dd'] as const;
const id = (name: string): string => `spiffe://cluster.local/ns/load/sa/${name}`;

/** Event n is committed at n seconds. */
const fact = (position: number, type: string, correlationId: string, data: Fact['data']): Fact => ({
  position,
  stream: `stream-of-${position}`,
  type,
  committedAt: position * 1_000,
  correlationId,
  data,
});
const issued = (position: number, key: string, serial: string, name: string): Fact =>
  fact(position, 'CertificateIssued', key, { serial, issuerId, identity: id(name), keyHash: `key-${serial}` });
const changed = (position: number, type: string, key: string, serial: string, reason?: string): Fact =>
  fact(position, type, key, { serial, issuerId, ...(reason ? { reason } : {}) });

const command = (key: string, action: Command['action'], subject: string, more: Partial<Command> = {}): Command => ({
  key,
  action,
  subject,
  sentAt: 0,
  answeredAt: 1,
  attempts: 1,
  outcome: 'acknowledged',
  ...more,
});

const ocsp = (serial: string, at: number, says: OcspSeen['says'], reason?: string): OcspSeen => ({
  serial,
  sentAt: at - 1,
  receivedAt: at,
  thisUpdate: at - 500,
  says,
  ...(reason ? { reason } : {}),
});
const crl = (number: number, at: number, entries: Record<string, string>): CrlSeen => ({
  issuerId,
  number,
  sha256: `sha-${number}`,
  entries,
  sentAt: at - 1,
  receivedAt: at,
  thisUpdate: at - 500,
});
const published = (position: number, number: number): Fact =>
  fact(position, 'CrlPublished', 'crl', { issuerId, number, sha256: `sha-${number}` });

/** alice is revoked, bob held and released, carol good, dora's key blocked; erin's identity is suspended. */
const honest: Evidence = {
  facts: [
    issued(1, 'i-alice', alice, 'alice'),
    issued(2, 'i-bob', bob, 'bob'),
    issued(3, 'i-carol', carol, 'carol'),
    issued(4, 'i-dora', dora, 'dora'),
    changed(5, 'CertificateHeld', 'h-bob', bob),
    changed(6, 'CertificateRevoked', 'r-alice', alice, 'keyCompromise'),
    fact(7, 'CrlPrepared', 'crl', { issuerId }),
    published(8, 7),
    changed(9, 'CertificateReleased', 'l-bob', bob),
    fact(10, 'KeyBlocked', 'b-dora', { keyHash: `key-${dora}`, reason: 'superseded' }),
    changed(11, 'CertificateRevoked', 'b-dora', dora, 'superseded'),
    fact(12, 'IdentitySuspended', 's-erin', { identity: id('erin') }),
    fact(13, 'CrlPrepared', 'crl', { issuerId }),
    published(14, 13),
  ],
  commands: [
    command('i-alice', 'issue', id('alice'), { serial: alice, position: 1 }),
    command('i-bob', 'issue', id('bob'), { serial: bob, position: 2 }),
    command('i-carol', 'issue', id('carol'), { outcome: 'unsure' }),
    command('i-dora', 'issue', id('dora'), { serial: dora, position: 4 }),
    command('h-bob', 'hold', bob, { position: 5 }),
    command('r-alice', 'revoke', alice, { position: 6 }),
    command('l-bob', 'release', bob, { position: 9 }),
    command('b-dora', 'block', `key-${dora}`, { position: 10 }),
    command('s-erin', 'suspend', id('erin'), { position: 12 }),
    command('i-erin', 'issue', id('erin'), { outcome: 'refused', code: 'IDENTITY_SUSPENDED' }),
    command('i-nobody', 'issue', id('nobody'), { outcome: 'unsure' }),
  ],
  ocspSeen: [
    ocsp(alice, 5_600, 'good'),
    ocsp(bob, 5_800, 'revoked', 'certificateHold'),
    ocsp(alice, 6_700, 'revoked', 'keyCompromise'),
    ocsp(bob, 9_800, 'good'),
  ],
  crlsSeen: [
    crl(7, 8_500, { [alice]: 'keyCompromise', [bob]: 'certificateHold' }),
    crl(7, 9_500, { [alice]: 'keyCompromise', [bob]: 'certificateHold' }),
  ],
  ocspAtRest: [
    ocsp(alice, 20_000, 'revoked', 'keyCompromise'),
    ocsp(bob, 20_000, 'good'),
    ocsp(carol, 20_000, 'good'),
    ocsp(dora, 20_000, 'revoked', 'superseded'),
  ],
  crlsAtRest: [crl(13, 20_000, { [alice]: 'keyCompromise', [dora]: 'superseded' })],
};

type Doctored = { -readonly [Part in keyof Evidence]: Evidence[Part][number][] };
const doctor = (change: (evidence: Doctored) => unknown): string[] => {
  const copy = structuredClone(honest) as Doctored;
  change(copy);
  return checkRun(copy, 'load');
};
/** Takes an event out and closes the gap, as somebody would who wants nobody to see it. */
const withoutFact = (position: number) => (evidence: Doctored) => {
  evidence.facts = evidence.facts
    .filter((one) => one.position !== position)
    .map((one) => ({ ...one, position: one.position > position ? one.position - 1 : one.position }));
};
const append = (evidence: Doctored, add: (position: number) => Fact): void => {
  evidence.facts.push(add(evidence.facts.length + 1));
};
const replace = <Item>(items: Item[], which: (item: Item) => boolean, change: Partial<Item>): void => {
  const index = items.findIndex(which);
  items[index] = { ...items[index]!, ...change };
};

describe('the checker', () => {
  it('finds nothing wrong with an honest run', () => {
    expect(checkRun(honest, 'load')).toEqual([]);
  });

  it('does not take an answer or a CRL that is behind for one about a later hold', () => {
    const violations = doctor((e) => {
      append(e, (n) => changed(n, 'CertificateHeld', 'h-bob-2', bob));
      append(e, (n) => changed(n, 'CertificateReleased', 'l-bob-2', bob));
      e.commands.push(command('h-bob-2', 'hold', bob, { position: 15 }), command('l-bob-2', 'release', bob));
      // Held at 5 s, released at 9 s, held again at 15 s: known of up to 8 s only, then up to 11 s.
      e.ocspSeen.push({ ...ocsp(bob, 15_100, 'revoked', 'certificateHold'), thisUpdate: 8_000 });
      e.crlsSeen.push(crl(7, 15_200, e.crlsSeen[0]!.entries));
      e.ocspSeen.push({ ...ocsp(bob, 15_300, 'good'), thisUpdate: 11_000 });
    });
    expect(violations.filter((violation) => violation.startsWith('un-revoked'))).toEqual([]);
  });

  it.each<[string, RegExp, (evidence: Doctored) => unknown]>([
    ['an acknowledged issuance that is gone', /^lost: issue i-bob/, withoutFact(2)],
    ['an acknowledged revocation that is gone', /^lost: revoke r-alice/, withoutFact(6)],
    ['a gap', /^a gap/, ({ facts }) => facts.splice(12, 1)],
    [
      'two certificates for one key',
      /^doubled: issue i-alice/,
      (e) => append(e, (n) => issued(n, 'i-alice', '01ee', 'alice')),
    ],
    [
      'a doubled revocation',
      /^doubled: revoke r-alice/,
      (e) => append(e, (n) => changed(n, 'CertificateRevoked', 'r-alice', alice, 'keyCompromise')),
    ],
    [
      'one serial for two certificates',
      /issued twice/,
      (e) => append(e, (n) => issued(n, 'i-nobody', alice, 'nobody')),
    ],
    ['a certificate that nobody asked for', /^unasked: nobody/, (e) => append(e, (n) => issued(n, 'x', '01ee', 'x'))],
    [
      'a refused command that was carried out',
      /^refused and done/,
      (e) => append(e, (n) => issued(n, 'i-erin', '01ee', 'other')),
    ],
    [
      'a certificate for a suspended identity',
      /^slipped through.*suspended/,
      (e) => append(e, (n) => issued(n, 'i-nobody', '01ee', 'erin')),
    ],
    [
      'a certificate for a blocked key',
      /^slipped through.*blocked/,
      (e) =>
        append(e, (n) =>
          fact(n, 'CertificateIssued', 'i-nobody', {
            serial: '01ee',
            issuerId,
            identity: id('x'),
            keyHash: `key-${dora}`,
          }),
        ),
    ],
    ['a blocked key with a good certificate', /^un-revoked: 01dd of a blocked key/, withoutFact(11)],
    [
      'a release after the revocation',
      /^un-revoked: CertificateReleased/,
      (e) => append(e, (n) => changed(n, 'CertificateReleased', 'x', alice)),
    ],
    [
      'a hold that its client released',
      /^lost: 01bb is held/,
      (e) => replace(e.facts, ({ position }) => position === 9, { type: 'CertificateRenewed' }),
    ],
    [
      'an answer with another serial',
      /^another answer: issue i-bob/,
      ({ commands }) => replace(commands, ({ key }) => key === 'i-bob', { serial: '01ef' }),
    ],
    [
      'an answer with another position',
      /^another answer: hold h-bob/,
      ({ commands }) => replace(commands, ({ key }) => key === 'h-bob', { position: 6 }),
    ],
    [
      'half a renewal',
      /^half done: renew/,
      (e) => {
        e.commands.push(command('x', 'renew', alice, { outcome: 'unsure' }));
        append(e, (n) => issued(n, 'x', '01ee', 'alice'));
      },
    ],
    [
      'good, dated after the revocation',
      /^good, dated/,
      ({ ocspSeen }) =>
        ocspSeen.push(ocsp(alice, 6_600, 'good')) &&
        replace(ocspSeen, ({ receivedAt, says }) => receivedAt === 6_600 && says === 'good', { thisUpdate: 6_000 }),
    ],
    [
      'good after it was revoked',
      /^un-revoked: 01aa was good again/,
      ({ ocspSeen }) =>
        ocspSeen.push(ocsp(alice, 6_900, 'good')) &&
        replace(ocspSeen, ({ receivedAt }) => receivedAt === 6_900, { thisUpdate: 5_000 }),
    ],
    [
      'good after a CRL listed it',
      /^un-revoked: 01bb was good again/,
      ({ ocspSeen }) =>
        ocspSeen.push(ocsp(bob, 8_900, 'good')) &&
        replace(ocspSeen, ({ receivedAt }) => receivedAt === 8_900, { thisUpdate: 4_000 }),
    ],
    [
      'good after it was held a second time',
      /^un-revoked: 01bb was good again/,
      (e) => {
        append(e, (n) => changed(n, 'CertificateHeld', 'h-bob-2', bob));
        e.ocspSeen.push({ ...ocsp(bob, 15_100, 'revoked', 'certificateHold'), thisUpdate: 14_000 });
        e.ocspSeen.push({ ...ocsp(bob, 15_300, 'good'), thisUpdate: 14_000 });
      },
    ],
    [
      'OCSP that knows what the ledger does not',
      /^OCSP knows 01ff/,
      ({ ocspSeen }) => ocspSeen.push(ocsp('01ff', 9_000, 'good')),
    ],
    [
      'OCSP at rest that says good of a revoked one',
      /^OCSP says good/,
      ({ ocspAtRest }) => replace(ocspAtRest, ({ serial }) => serial === alice, { says: 'good' }),
    ],
    [
      'OCSP at rest that says unknown of an issued one',
      /^OCSP says unknown/,
      ({ ocspAtRest }) => replace(ocspAtRest, ({ serial }) => serial === carol, { says: 'unknown' }),
    ],
    [
      'OCSP with another reason',
      /^OCSP says revoked superseded/,
      ({ ocspAtRest }) => replace(ocspAtRest, ({ serial }) => serial === alice, { reason: 'superseded' }),
    ],
    [
      'a certificate that OCSP was not asked about',
      /^OCSP was not asked about 01cc/,
      ({ ocspAtRest }) => ocspAtRest.splice(2, 1),
    ],
    [
      'a CRL at rest that lacks one',
      /^the CRL says undefined of 01aa/,
      ({ crlsAtRest }) => replace(crlsAtRest, () => true, { entries: { [dora]: 'superseded' } }),
    ],
    [
      'a CRL that kept a released one',
      /lists 01bb, which was not revoked/,
      ({ crlsAtRest }) =>
        replace(crlsAtRest, () => true, { entries: { ...honest.crlsAtRest[0]!.entries, [bob]: 'certificateHold' } }),
    ],
    [
      'a CRL number that went back',
      /followed 13/,
      ({ crlsSeen }) => crlsSeen.unshift(crl(13, 8_000, honest.crlsAtRest[0]!.entries)),
    ],
    [
      'two CRLs of one number',
      /two CRLs/,
      ({ crlsSeen }) => replace(crlsSeen, ({ receivedAt }) => receivedAt === 9_500, { sha256: 'other' }),
    ],
    [
      'a CRL that the ledger does not know',
      /never published/,
      ({ crlsSeen }) => replace(crlsSeen, () => true, { number: 6 }),
    ],
    ['published numbers that do not grow', /do not grow/, (e) => append(e, (n) => published(n, 7))],
  ])('finds %s', (_what, complaint, change) => {
    const found = doctor(change);
    expect(
      found.some((violation) => complaint.test(violation)),
      found.join('\n'),
    ).toBe(true);
  });
});
