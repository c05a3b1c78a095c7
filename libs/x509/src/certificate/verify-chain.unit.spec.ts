import { beforeAll, describe, expect, it } from 'vitest';
import { encodeName } from '../asn1/distinguished-name.js';
import { oid } from '../asn1/oid.js';
import { newSerial } from '../asn1/serial.js';
import { signatureAlgorithmFor } from '../signer/key-algorithm.js';
import { nullValue } from '../asn1/der-writer.js';
import { DerTree } from '../testing/der-tree.js';
import { cn, TestHierarchy, type TestLeaf } from '../testing/hierarchy.js';
import { checkX509Svid, verifyX509Svid } from './check-x509-svid.js';
import { basicConstraints, extendedKeyUsage, keyUsage, subjectAltName } from './encode-extension.js';
import { type Extension } from './extension.js';
import { certificateFacts } from './facts.js';
import { type IssuerReference } from './issue-certificate.js';
import { assembleCertificate, buildTbsCertificate } from './tbs-certificate.js';
import { verifyChain, type ChainInput } from './verify-chain.js';

const day = 86_400_000;
let at: TestHierarchy;
let leaf: TestLeaf;

beforeAll(async () => {
  at = await TestHierarchy.create(new Date());
  leaf = await at.workload();
});

const input = (more: Partial<ChainInput> = {}): ChainInput => ({
  leaf: leaf.certificate,
  intermediates: [at.issuers.workload.certificate, at.intermediate.certificate],
  anchors: [at.root.certificate],
  now: at.now,
  ...more,
});

/** Signs whatever extensions, past every profile. */
const forge = async (issuer: IssuerReference, extensions: readonly Extension[], name = 'forged') => {
  const key = await at.signer.generate('ecdsa-p256');
  const facts = certificateFacts(issuer.certificate);
  const signatureAlgorithm = signatureAlgorithmFor('ecdsa-p256');
  const toBeSigned = buildTbsCertificate({
    ...at.validity,
    serial: newSerial(),
    signatureAlgorithm,
    issuerName: facts.subjectName,
    subjectName: encodeName(cn(name)),
    spki: key.spki,
    extensions,
  });
  const signature = await at.signer.forge({ keyId: issuer.keyId, toBeSigned });
  return { certificate: assembleCertificate(toBeSigned, signatureAlgorithm, signature), keyId: key.keyId };
};

const invalid = expect.objectContaining({ code: 'CERTIFICATE_CHAIN_INVALID' });
const uris = ['spiffe://cluster.local/a'];

describe('certificateFacts', () => {
  it('refuses a key without a place for its bits as it refuses all that is malformed', async () => {
    const { certificate } = await forge(at.issuers.workload, []);
    const tree = DerTree.parse(certificate);
    tree.at(0, 6).children!.pop();
    const code = 'CERTIFICATE_MALFORMED';
    expect(() => certificateFacts(tree.encode())).toThrow(expect.objectContaining({ code }));
  });
});

describe('verifyChain', () => {
  it('finds the path whatever the order, past certificates that lead nowhere', () => {
    const others = [at.issuers.server, at.issuers.system].map(({ certificate }) => certificate);
    const path = verifyChain(
      input({ intermediates: [...others, at.intermediate.certificate, at.issuers.workload.certificate] }),
    );
    expect(path).toEqual([
      leaf.certificate,
      at.issuers.workload.certificate,
      at.intermediate.certificate,
      at.root.certificate,
    ]);
  });

  it('refuses a missing link, another root, a time outside, another purpose', async () => {
    const other = await TestHierarchy.create(at.now);
    expect(() => verifyChain(input({ intermediates: [] }))).toThrow(invalid);
    expect(() => verifyChain(input({ anchors: [other.root.certificate] }))).toThrow(invalid);
    expect(() => verifyChain(input({ now: new Date(at.now.getTime() + 2 * day) }))).toThrow(/expired/);
    expect(() => verifyChain(input({ now: new Date(at.now.getTime() - day) }))).toThrow(/not yet valid/);
    expect(() => verifyChain(input({ purpose: oid.ocspSigning }))).toThrow(/purpose/);
    expect(verifyChain(input({ purpose: oid.clientAuth }))).toHaveLength(4);
  });

  it('refuses a leaf that signs, a path that is too long, and a CA without the right to sign', async () => {
    const { keyId } = await at.signer.import(leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const below = await forge({ certificate: leaf.certificate, keyId }, [subjectAltName({ uris }, false)]);
    const chain = [leaf.certificate, ...input().intermediates];
    expect(() => verifyChain(input({ leaf: below.certificate, intermediates: chain }))).toThrow(/not a CA/);

    const ca = await forge(at.issuers.workload, [basicConstraints(true), keyUsage('keyCertSign')], 'too deep');
    const deep = await forge(ca, [subjectAltName({ uris }, false)]);
    expect(() =>
      verifyChain(input({ leaf: deep.certificate, intermediates: [ca.certificate, ...input().intermediates] })),
    ).toThrow(/longer/);

    const mute = await forge(at.intermediate, [basicConstraints(true), keyUsage('cRLSign')], 'mute');
    const silent = await forge(mute, [subjectAltName({ uris }, false)]);
    expect(() =>
      verifyChain(input({ leaf: silent.certificate, intermediates: [mute.certificate, ...input().intermediates] })),
    ).toThrow(/may not sign/);
  });

  it('refuses a critical extension that it does not know', async () => {
    const { certificate } = await forge(at.issuers.workload, [{ oid: '1.2.3.4', critical: true, value: nullValue() }]);
    expect(() => verifyChain(input({ leaf: certificate }))).toThrow(/not understood/);
  });

  it('refuses a changed certificate', () => {
    const changed = Buffer.from(leaf.certificate);
    changed[changed.indexOf('default')]! ^= 1;
    expect(() => verifyChain(input({ leaf: changed }))).toThrow(/signature/);
  });
});

describe('checkX509Svid', () => {
  it('returns the SPIFFE ID', () => {
    expect(checkX509Svid(leaf.certificate)).toBe('spiffe://cluster.local/ns/default/sa/web');
    expect(verifyX509Svid({ ...input(), trustDomain: 'cluster.local' })).toBe(
      'spiffe://cluster.local/ns/default/sa/web',
    );
    expect(() => verifyX509Svid({ ...input(), trustDomain: 'other.local' })).toThrow(/another trust domain/);
  });

  const leafExtensions = [basicConstraints(false), keyUsage('digitalSignature'), extendedKeyUsage(oid.clientAuth)];
  it.each<[string, Extension[]]>([
    ['no URI', [...leafExtensions]],
    ['two URIs', [...leafExtensions, subjectAltName({ uris: [...uris, 'spiffe://cluster.local/b'] }, false)]],
    ['a URI that is no SPIFFE ID', [...leafExtensions, subjectAltName({ uris: ['https://cluster.local/a'] }, false)]],
    ['no path', [...leafExtensions, subjectAltName({ uris: ['spiffe://cluster.local'] }, false)]],
    ['CA:TRUE', [basicConstraints(true), keyUsage('digitalSignature'), subjectAltName({ uris }, false)]],
    ['no key usage', [basicConstraints(false), subjectAltName({ uris }, false)]],
    [
      'keyCertSign',
      [basicConstraints(false), keyUsage('digitalSignature', 'keyCertSign'), subjectAltName({ uris }, false)],
    ],
  ])('refuses %s', async (_, extensions) => {
    const { certificate } = await forge(at.issuers.workload, extensions);
    expect(() => checkX509Svid(certificate)).toThrow(expect.objectContaining({ code: 'CERTIFICATE_SVID_INVALID' }));
  });
});
