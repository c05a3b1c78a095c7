import { beforeAll, describe, expect, it } from 'vitest';
import {
  boolean,
  context,
  contextPrimitive,
  enumerated,
  integer,
  nullValue,
  objectIdentifier,
  octetString,
  sequence,
  tlv,
  utf8String,
} from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { newSerial } from '../asn1/serial.js';
import { certificateFacts } from '../certificate/facts.js';
import { encodeRemovedEntry, encodeRevokedEntry } from '../crl/revoked-entry.js';
import { RevokedEntries } from '../crl/revoked-entries.js';
import { buildTbsCertList, type CertListTemplate } from '../crl/tbs-cert-list.js';
import { DerTree } from '../testing/der-tree.js';
import { TestHierarchy } from '../testing/hierarchy.js';
import { crlRules } from './crl-rules.js';
import { Extensions, findingsOf, type Linted } from './planting.fixture.spec.js';

let at: TestHierarchy;
let template: Omit<CertListTemplate, 'entries'>;
let signing: Omit<Linted, 'toBeSigned'>;
const ends = new Date('2027-01-01T00:00:00Z');
const revokedAt = new Date('2026-11-22T09:00:00Z');
const serials = ['01'.repeat(17), `01${'02'.repeat(16)}`, `01${'03'.repeat(16)}`];

beforeAll(async () => {
  at = await TestHierarchy.create(new Date('2026-11-22T10:00:00Z'));
  const { certificate, keyId } = at.issuers.workload;
  const { subjectName, subjectKeyId } = certificateFacts(certificate);
  signing = { usage: 'crl', key: await at.signer.key(keyId), certificate };
  template = {
    issuerName: subjectName,
    signatureAlgorithm: 'ecdsa-sha256',
    thisUpdate: at.now,
    nextUpdate: new Date(at.now.getTime() + 3_600_000),
    authorityKeyId: subjectKeyId,
    crlNumber: 7n,
  };
});

const reasons = ['keyCompromise', 'unspecified', 'certificateHold'] as const;
const listed = (): Buffer[] =>
  serials.map((serial, i) =>
    encodeRevokedEntry({ serial, revokedAt, reason: reasons[i]!, ...(i === 0 ? { invalidityDate: revokedAt } : {}) }),
  );
const good = (entries: readonly Buffer[] = listed()): DerTree =>
  DerTree.parse(buildTbsCertList({ ...template, entries }));

const [version, algorithm, issuer, thisUpdate, nextUpdate, revoked, wrapped] = [0, 1, 2, 3, 4, 5, 6] as const;
const entryExtension = (id: string, value: Buffer, ...flag: Buffer[]) =>
  sequence(objectIdentifier(id), ...flag, octetString(value));
const entryWith =
  (...extensions: Buffer[]) =>
  (tbs: DerTree) => {
    const entry = tbs.at(revoked, 1);
    entry.children = [entry.at(0), entry.at(1), DerTree.parse(sequence(...extensions))];
  };
const freshest = (url: string) => sequence(sequence(context(0, context(0, contextPrimitive(6, Buffer.from(url))))));

type Plant = (tbs: DerTree, extensions: Extensions) => void;
const planted: [rule: string, what: string, plant: Plant][] = [
  ['crl.der', 'critical FALSE', (_, e) => e.find(oid.crlNumber).children!.splice(1, 0, DerTree.parse(boolean(false)))],
  ['crl.der', 'a padded number', (_, e) => e.value(oid.crlNumber, Buffer.from('02020007', 'hex'))],
  ['crl.der', 'an element at the end', (t) => t.children!.push(DerTree.parse(nullValue()))],
  ['crl.version', 'version 1', (t) => (t.at(version).content = Buffer.from([0]))],
  [
    'crl.signature-algorithm',
    'another',
    (t) => t.at(algorithm).become(sequence(objectIdentifier(oid.ecdsaWithSha512))),
  ],
  ['crl.issuer', 'none', (t) => t.at(issuer).become(sequence())],
  ['crl.issuer', 'another', (t) => (t.at(issuer, 0, 0, 1).content = Buffer.from('Somebody'))],
  [
    'crl.updates.encoding',
    'GeneralizedTime',
    (t) => t.at(thisUpdate).become(tlv(0x18, Buffer.from('20261122100000Z'))),
  ],
  ['crl.updates.encoding', 'no seconds', (t) => (t.at(nextUpdate).content = Buffer.from('2611221000Z'))],
  ['crl.updates.order', 'one time for both', (t) => (t.at(nextUpdate).content = t.at(thisUpdate).content)],
  ['crl.updates.order', 'no nextUpdate', (t) => t.children!.splice(nextUpdate, 1)],
  ['crl.entries.empty', 'an empty list', (t) => (t.at(revoked).children = [])],
  ['crl.extensions.unique', 'two numbers', (_, e) => e.add(oid.crlNumber, integer(8))],
  ['crl.extensions.unknown', 'one of nobody', (_, e) => e.add('1.2.3', nullValue())],
  ['crl.issuing-distribution-point', 'one', (_, e) => e.add('2.5.29.28', sequence(), true)],
  ['crl.authority-key-id', 'none', (_, e) => e.remove(oid.authorityKeyIdentifier)],
  ['crl.authority-key-id', 'critical', (_, e) => e.critical(oid.authorityKeyIdentifier, true)],
  ['crl.authority-key-id', 'empty', (_, e) => e.value(oid.authorityKeyIdentifier, sequence())],
  [
    'crl.authority-key-id',
    'another',
    (_, e) => e.value(oid.authorityKeyIdentifier, sequence(contextPrimitive(0, Buffer.alloc(20)))),
  ],
  ['crl.number', 'none', (_, e) => e.remove(oid.crlNumber)],
  ['crl.number', 'critical', (_, e) => e.critical(oid.crlNumber, true)],
  ['crl.number', 'negative', (_, e) => e.value(oid.crlNumber, Buffer.from('0201ff', 'hex'))],
  ['crl.number', '21 octets', (_, e) => e.value(oid.crlNumber, integer(1n << 160n))],
  ['crl.delta-indicator', 'not critical', (_, e) => e.add(oid.deltaCrlIndicator, integer(3))],
  ['crl.delta-indicator', 'a later base', (_, e) => e.add(oid.deltaCrlIndicator, integer(8), true)],
  ['crl.freshest-crl', 'critical', (_, e) => e.add('2.5.29.46', freshest('http://a/b'), true)],
  ['crl.freshest-crl', 'https', (_, e) => e.add('2.5.29.46', freshest('https://a/b'))],
  [
    'crl.freshest-crl',
    'in a delta',
    (_, e) => (e.add('2.5.29.46', freshest('http://a/b')), e.add(oid.deltaCrlIndicator, integer(3), true)),
  ],
  ['crl.entries.encoding', 'an entry that is none', (t) => t.at(revoked, 1).become(utf8String('an entry'))],
  ['crl.entries.encoding', 'a date cut off', (t) => (t.at(revoked, 1).children = [t.at(revoked, 1, 0)])],
  ['crl.entries.serial', 'zero', (t) => (t.at(revoked, 0, 0).content = Buffer.alloc(1))],
  ['crl.entries.serial', 'negative', (t) => (t.at(revoked, 0, 0).content = Buffer.alloc(17, 0x80))],
  ['crl.entries.serial', 'padded', (t) => (t.at(revoked, 0, 0).content = Buffer.from('0001', 'hex'))],
  ['crl.entries.serial', '21 octets', (t) => (t.at(revoked, 0, 0).content = Buffer.alloc(21, 1))],
  ['crl.entries.order', 'descending', (t) => t.at(revoked).children!.reverse()],
  ['crl.entries.order', 'one twice', (t) => (t.at(revoked, 1, 0).content = t.at(revoked, 0, 0).content)],
  ['crl.entries.date', 'no seconds', (t) => (t.at(revoked, 1, 1).content = Buffer.from('2611221000Z'))],
  ['crl.entries.date', 'the 31st of April', (t) => (t.at(revoked, 1, 1).content = Buffer.from('260431100000Z'))],
  [
    'crl.entries.date',
    'GeneralizedTime before 2050',
    (t) => t.at(revoked, 1, 1).become(tlv(0x18, Buffer.from('20261122100000Z'))),
  ],
  ['crl.entries.extension', 'one of nobody', entryWith(entryExtension('1.2.3', nullValue()))],
  ['crl.entries.extension', 'critical', entryWith(entryExtension(oid.crlReason, enumerated(1), boolean(true)))],
  ['crl.entries.extension', 'an empty list', entryWith()],
  [
    'crl.entries.extension',
    'twice the same',
    entryWith(...[1, 2].map((code) => entryExtension(oid.crlReason, enumerated(code)))),
  ],
  ['crl.entries.indirect', 'another issuer', entryWith(entryExtension('2.5.29.29', sequence()))],
  ['crl.entries.reason', 'seven', entryWith(entryExtension(oid.crlReason, enumerated(7)))],
  ['crl.entries.reason', 'eleven', entryWith(entryExtension(oid.crlReason, enumerated(11)))],
  ['crl.entries.reason', 'an INTEGER', entryWith(entryExtension(oid.crlReason, integer(1)))],
  ['crl.entries.unspecified', 'written out', entryWith(entryExtension(oid.crlReason, enumerated(0)))],
  ['crl.entries.removed', 'in a full CRL', entryWith(entryExtension(oid.crlReason, enumerated(8)))],
  [
    'crl.entries.invalidity',
    'UTCTime',
    entryWith(entryExtension(oid.invalidityDate, tlv(0x17, Buffer.from('261122100000Z')))),
  ],
  [
    'crl.entries.invalidity',
    'a fraction',
    entryWith(entryExtension(oid.invalidityDate, tlv(0x18, Buffer.from('20261122100000.5Z')))),
  ],
];

describe('the rules for CRLs', () => {
  it.each(planted)('%s finds %s', async (rule, _, plant) => {
    const tree = good();
    plant(tree, new Extensions(tree.at(wrapped, 0)));
    const { rules, refused } = await findingsOf({ ...signing, toBeSigned: tree.encode() });
    expect(rules).toContain(rule);
    expect(refused).toBe(rule !== 'crl.entries.unspecified');
  });

  it("find a signing key that is not the issuer's, and one that may not sign CRLs", async () => {
    const toBeSigned = good().encode();
    const key = await at.signer.generate('ecdsa-p256');
    expect((await findingsOf({ ...signing, key, toBeSigned })).rules).toContain('crl.issuer-key');
    const { certificate, serial } = await at.workload();
    expect(serial).toMatch(/^01/);
    expect((await findingsOf({ ...signing, certificate, toBeSigned })).rules).toContain('crl.issuer-key');
  });

  it('are each shown to find something', () => {
    const shown = new Set([...planted.map(([rule]) => rule), 'crl.issuer-key']);
    expect(crlRules.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
  });

  it('find nothing in a good CRL, an empty one, one with its delta, and a delta', async () => {
    const entries = [
      encodeRevokedEntry({ serial: serials[0]!, revokedAt }),
      encodeRemovedEntry({ serial: serials[1]!, removedAt: revokedAt }),
    ];
    const delta = buildTbsCertList({ ...template, baseCrlNumber: 5n, entries });
    const withDelta = good();
    new Extensions(withDelta.at(wrapped, 0)).add('2.5.29.46', freshest('http://a.example/b.crl'));
    for (const toBeSigned of [
      good().encode(),
      buildTbsCertList({ ...template, entries: [] }),
      withDelta.encode(),
      delta,
    ]) {
      expect((await findingsOf({ ...signing, toBeSigned })).findings).toEqual([]);
    }
  });
});

describe('entries that were read before', () => {
  const many = (count: number): RevokedEntries => {
    const entries = new RevokedEntries();
    for (let i = 0; i < count; i++) entries.set({ serial: newSerial(), revokedAt, reason: 'keyCompromise' }, ends);
    return entries;
  };

  it('are found faulty again, in whatever CRL they stand', async () => {
    const bad = Buffer.from(listed()[1]!);
    bad[bad.length - 1] = 0x5b; // the Z of its date
    const pieces = [listed()[0]!, bad, listed()[2]!];
    for (const crlNumber of [8n, 9n]) {
      const toBeSigned = buildTbsCertList({ ...template, crlNumber, entries: pieces });
      expect((await findingsOf({ ...signing, toBeSigned })).rules).toEqual(['crl.entries.date']);
    }
  });

  it('must ascend from piece to piece, also where each piece does', async () => {
    const pieces = many(300).encode();
    expect(pieces.length).toBeGreaterThan(2);
    const swapped = [pieces[1]!, pieces[0]!, ...pieces.slice(2)];
    const toBeSigned = buildTbsCertList({ ...template, entries: swapped });
    expect((await findingsOf({ ...signing, toBeSigned })).rules).toEqual(['crl.entries.order']);
    const again = buildTbsCertList({ ...template, entries: pieces });
    expect((await findingsOf({ ...signing, toBeSigned: again })).findings).toEqual([]);
  });

  it('do not stand in for bytes that are others', async () => {
    const toBeSigned = buildTbsCertList({ ...template, entries: many(200).encode() });
    expect((await findingsOf({ ...signing, toBeSigned })).findings).toEqual([]);
    // Behind the linter's back, in the bytes to be signed and not in the pieces.
    const place = toBeSigned.indexOf(Buffer.from('0a0101', 'hex'));
    toBeSigned[place + 2] = 7;
    expect((await findingsOf({ ...signing, toBeSigned })).rules).toEqual(['crl.entries.reason']);
  });
});
