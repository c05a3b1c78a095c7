import { beforeAll, describe, expect, it } from 'vitest';
import {
  boolean,
  context,
  enumerated,
  integer,
  nullValue,
  objectIdentifier,
  octetString,
  sequence,
  tlv,
} from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { newSerial } from '../asn1/serial.js';
import { buildOcspRequest, parseOcspRequest } from '../ocsp/ocsp-request.js';
import { buildTbsResponseData, type OcspResponseTemplate, type OcspStatus } from '../ocsp/ocsp-response.js';
import { DerTree } from '../testing/der-tree.js';
import { TestHierarchy } from '../testing/hierarchy.js';
import { responseRules } from './ocsp-rules.js';
import { findingsOf, type Linted } from './planting.fixture.spec.js';

let at: TestHierarchy;
let signing: Omit<Linted, 'toBeSigned'>;
const statuses: OcspStatus[] = [
  { type: 'good' },
  { type: 'unknown' },
  { type: 'revoked', revokedAt: new Date('2026-11-22T09:00:00Z'), reason: 'certificateHold' },
];

beforeAll(async () => {
  at = await TestHierarchy.create(new Date('2026-11-22T10:00:00Z'));
  const { signer, keyId, certificate } = await at.responder('workload');
  signing = { usage: 'ocsp', key: await signer.key(keyId), certificate };
});

const asked = (hash: 'sha1' | 'sha256', issuer = at.issuers.workload) =>
  parseOcspRequest(buildOcspRequest(issuer.certificate, [newSerial()], { hash })).certIds[0]!.der;

const built = (more: Partial<OcspResponseTemplate> = {}): Buffer => {
  const dates = { thisUpdate: at.now, nextUpdate: new Date(at.now.getTime() + 600_000) };
  const responses = statuses.map((status) => ({ certId: asked('sha256'), status, ...dates }));
  return buildTbsResponseData({
    responderSpki: signing.key.spki,
    producedAt: at.now,
    responses,
    nonce: Buffer.alloc(32, 3),
    ...more,
  });
};

const [responderId, producedAt, list, extensions] = [0, 1, 2, 3] as const;
const [good, unknown, revoked] = [0, 1, 2] as const;
const [certId, status, thisUpdate, nextUpdate] = [0, 1, 2, 3] as const;
const nonce = (length: number) =>
  sequence(objectIdentifier(oid.ocspNonce), octetString(octetString(Buffer.alloc(length, 1))));

const planted: [rule: string, what: string, plant: (tbs: DerTree) => void][] = [
  ['ocsp.der', 'the version', (t) => t.children!.unshift(DerTree.parse(context(0, integer(0))))],
  ['ocsp.der', 'an empty list of extensions', (t) => (t.at(extensions, 0).children = [])],
  ['ocsp.der', 'critical FALSE', (t) => t.at(extensions, 0, 0).children!.splice(1, 0, DerTree.parse(boolean(false)))],
  ['ocsp.der', 'something behind', (t) => t.children!.push(DerTree.parse(nullValue()))],
  ['ocsp.responder-id', 'another key', (t) => (t.at(responderId, 0).content = Buffer.alloc(20))],
  ['ocsp.responder-id', 'an empty name', (t) => t.at(responderId).become(context(1, sequence()))],
  ['ocsp.responder-id', 'another name', (t) => t.at(responderId).become(context(1, sequence(nullValue())))],
  ['ocsp.responder-id', 'neither', (t) => t.at(responderId).become(context(3, sequence()))],
  ['ocsp.times.encoding', 'a fraction', (t) => (t.at(producedAt).content = Buffer.from('20261122100000.1Z'))],
  [
    'ocsp.times.encoding',
    'UTCTime',
    (t) => t.at(list, good, thisUpdate).become(tlv(0x17, Buffer.from('261122100000Z'))),
  ],
  [
    'ocsp.times.encoding',
    'an hour 24',
    (t) => (t.at(list, good, nextUpdate, 0).content = Buffer.from('20261122240000Z')),
  ],
  [
    'ocsp.times.encoding',
    'a time of revocation',
    (t) => (t.at(list, revoked, status, 0).content = Buffer.from('2026112209Z')),
  ],
  [
    'ocsp.times.order',
    'nextUpdate first',
    (t) => (t.at(list, good, nextUpdate, 0).content = Buffer.from('20261121100000Z')),
  ],
  ['ocsp.times.order', 'no nextUpdate', (t) => t.at(list, unknown).children!.pop()],
  ['ocsp.times.produced', 'thisUpdate later', (t) => (t.at(producedAt).content = Buffer.from('20261122095959Z'))],
  ['ocsp.responses', 'none', (t) => (t.at(list).children = [])],
  ['ocsp.cert-id', 'a hash that is too short', (t) => (t.at(list, good, certId, 1).content = Buffer.alloc(31))],
  ['ocsp.cert-id', 'an unknown hash', (t) => t.at(list, good, certId, 0, 0).become(objectIdentifier(oid.md5WithRsa))],
  ['ocsp.one-issuer', 'two', (t) => t.at(list, good, certId).become(asked('sha256', at.issuers.server))],
  ['ocsp.status', 'one that does not exist', (t) => (t.at(list, good, status).tag = 0x83)],
  ['ocsp.status', 'good with content', (t) => (t.at(list, good, status).content = Buffer.from([5, 0]))],
  ['ocsp.status', 'revoked without a time', (t) => (t.at(list, revoked, status).children = [])],
  ['ocsp.reason', 'removeFromCRL', (t) => t.at(list, revoked, status, 1, 0).become(enumerated(8))],
  ['ocsp.reason', 'seven', (t) => t.at(list, revoked, status, 1, 0).become(enumerated(7))],
  ['ocsp.extensions.unique', 'two nonces', (t) => t.at(extensions, 0).children!.push(DerTree.parse(nonce(4)))],
  [
    'ocsp.extensions.critical',
    'a critical nonce',
    (t) => t.at(extensions, 0, 0).children!.splice(1, 0, DerTree.parse(boolean(true))),
  ],
  [
    'ocsp.extensions.critical',
    'one of an answer',
    (t) =>
      t
        .at(list, good)
        .children!.push(
          DerTree.parse(
            context(1, sequence(sequence(objectIdentifier('1.2.3'), boolean(true), octetString(nullValue())))),
          ),
        ),
  ],
  ['ocsp.nonce', 'an empty one', (t) => t.at(extensions, 0, 0).become(nonce(0))],
  ['ocsp.nonce', '129 octets', (t) => t.at(extensions, 0, 0).become(nonce(129))],
];

describe('the rules for OCSP answers', () => {
  it.each(planted)('%s finds %s', async (rule, _, plant) => {
    const tree = DerTree.parse(built());
    plant(tree);
    const { rules, refused } = await findingsOf({ ...signing, toBeSigned: tree.encode() });
    expect(rules).toContain(rule);
    expect(refused).toBe(rule !== 'ocsp.times.produced');
  });

  it('find a responder that is not authorised, has another key, or whose certificate has ended', async () => {
    const { certificate, privateKey } = await at.workload();
    const key = await at.signer.import(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const toBeSigned = built({ responderSpki: key.spki });
    const by = async (more: Partial<Linted>) => (await findingsOf({ ...signing, toBeSigned, key, ...more })).rules;
    expect(await by({ certificate })).toEqual(['ocsp.responder.authorised']);
    expect(await by({})).toEqual(['ocsp.responder.authorised']);
    const late = built({ producedAt: new Date('2027-11-22T10:00:00Z') });
    expect(await by({ key: signing.key, toBeSigned: late })).toEqual(['ocsp.responder.valid']);
  });

  it('are each shown to find something', () => {
    const shown = new Set([...planted.map(([rule]) => rule), 'ocsp.responder.authorised', 'ocsp.responder.valid']);
    expect(responseRules.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
  });

  it('find nothing in good answers, by a delegate and by the CA itself, with SHA-1 and without a nonce', async () => {
    const dates = { thisUpdate: at.now, nextUpdate: new Date(at.now.getTime() + 600_000) };
    const { certificate, keyId } = at.issuers.workload;
    const key = await at.signer.key(keyId);
    const responses = [{ certId: asked('sha1'), status: statuses[0]!, ...dates }];
    const plain = buildTbsResponseData({ responderSpki: key.spki, producedAt: at.now, responses });
    expect((await findingsOf({ usage: 'ocsp', key, certificate, toBeSigned: plain })).findings).toEqual([]);
    for (const length of [1, 32, 128]) {
      const toBeSigned = built({ nonce: Buffer.alloc(length, 9) });
      expect((await findingsOf({ ...signing, toBeSigned })).findings).toEqual([]);
    }
  });
});
