import { beforeAll, describe, expect, it } from 'vitest';
import { newSerial } from '../asn1/serial.js';
import { issueCertificate } from '../certificate/issue-certificate.js';
import { type KeyAlgorithm } from '../signer/key-algorithm.js';
import { DerTree } from '../testing/der-tree.js';
import { TestHierarchy } from '../testing/hierarchy.js';
import { certificateRules } from './certificate-rules.js';
import { plantedInExtensions } from './planted-extensions.fixture.spec.js';
import { plantedInNames } from './planted-names.fixture.spec.js';
import { plantedInStructure } from './planted-structure.fixture.spec.js';
import { type Base, Extensions, findingsOf, type Linted, type Plant, tbsOf } from './planting.fixture.spec.js';

const publications = {
  ocspUrl: 'http://ca.example/ocsp',
  caIssuersUrl: 'http://ca.example/issuers/ab.cer',
  crlUrl: 'http://ca.example/crl/ab.crl',
};
const bases = new Map<Base, Linted>();
let at: TestHierarchy;

beforeAll(async () => {
  at = await TestHierarchy.create(new Date('2026-11-22T10:00:00Z'));
  const { workload } = at.issuers;
  const spiffeId = 'spiffe://cluster.local/ns/default/sa/web';
  const put = async (name: Base, certificate: Buffer, issuer: { certificate: Buffer; keyId: string }) => {
    const named = name === 'root' ? {} : { certificate: issuer.certificate };
    const key = await at.signer.key(issuer.keyId);
    bases.set(name, { usage: 'certificate', toBeSigned: tbsOf(certificate), key, ...named });
  };
  await put('workload', (await at.workload(spiffeId, 'ecdsa-p256', publications)).certificate, workload);
  await put('rsa', (await at.workload(spiffeId, 'rsa-2048', publications)).certificate, workload);
  await put('server', (await at.server(['a.example.com'], ['10.0.0.1'])).certificate, at.issuers.server);
  await put('delegate', (await at.responder('workload')).certificate, workload);
  await put('issuer', workload.certificate, at.intermediate);
  await put('intermediate', at.intermediate.certificate, at.root);
  await put('root', at.root.certificate, at.root);
});

const wrapped = 7;
const planted = [...plantedInStructure, ...plantedInExtensions, ...plantedInNames];

const plantedIn = (base: Base, plant: Plant): Linted => {
  const linted = bases.get(base)!;
  const tree = DerTree.parse(linted.toBeSigned);
  plant(tree, new Extensions(tree.at(wrapped, 0)));
  const toBeSigned = tree.encode();
  expect(toBeSigned).not.toEqual(linted.toBeSigned);
  // What is below an intermediate: it has no path length left.
  const certificate = base === 'intermediate' ? at.issuers.workload.certificate : linted.certificate;
  return { ...linted, toBeSigned, certificate };
};

describe('the rules for certificates', () => {
  it.each(planted)('%s finds %s (%s)', async (rule, _, base, plant) => {
    const { rules, refused } = await findingsOf(plantedIn(base, plant));
    expect(rules).toContain(rule);
    const severities = certificateRules.filter(({ id }) => rules.includes(id)).map(({ severity }) => severity);
    expect(refused).toBe(severities.includes('error') || rules.includes('certificate.der'));
  });

  it("find a signing key that is not the issuer's, and an issuer that may not sign", async () => {
    const workload = bases.get('workload')!;
    const other = await at.signer.generate('ecdsa-p256');
    expect((await findingsOf({ ...workload, key: other })).rules).toContain('issuer.key');
    const leaf = (await at.workload()).certificate;
    expect((await findingsOf({ ...workload, certificate: leaf })).rules).toContain('issuer.may-sign');
  });

  it('are each shown to find something', () => {
    const shown = new Set([...planted.map(([rule]) => rule), 'issuer.key', 'issuer.may-sign']);
    expect(certificateRules.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
  });

  it.each<Base>(['workload', 'rsa', 'server', 'delegate', 'issuer', 'intermediate', 'root'])(
    'find nothing in a good %s',
    async (base) => expect((await findingsOf(bases.get(base)!)).findings).toEqual([]),
  );

  it.each<KeyAlgorithm>(['ecdsa-p384', 'rsa-3072', 'ed25519'])(
    'find nothing below and in CAs with %s',
    async (algorithm) => {
      const below = await TestHierarchy.create(at.now, algorithm);
      const findings: unknown[] = [];
      below.signer.onFinding((finding) => findings.push(finding));
      await below.workload(undefined, algorithm, publications);
      await below.server(['a.example.com'], ['2001:db8::1']);
      const spki = (await below.signer.generate(algorithm)).spki;
      const common = { trustDomain: 'cluster.local', publications, spki, ...below.validity };
      for (const profile of ['operator', 'service'] as const) {
        const spiffeId = `spiffe://cluster.local/cartulary/${profile}/a`;
        await issueCertificate(
          { profile, spiffeId, serial: newSerial(), ...common },
          below.issuers.system,
          below.signer,
        );
      }
      expect(findings).toEqual([]);
    },
  );
});
