import { createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeName } from '../asn1/distinguished-name.js';
import { derChainToPem } from '../asn1/pem.js';
import { newSerial } from '../asn1/serial.js';
import { type IssuerKind } from '../profile/request.js';
import { signatureAlgorithmFor, type KeyAlgorithm } from '../signer/key-algorithm.js';
import { generatePrivateKey } from '../signer/private-key.js';
import { keyIdentifierOf, spkiOf } from '../signer/public-key.js';
import { TestHierarchy, cn } from '../testing/hierarchy.js';
import { OpenSsl } from '../testing/openssl.js';
import {
  authorityKeyIdentifier,
  basicConstraints,
  keyUsage,
  subjectAltName,
  subjectKeyIdentifier,
} from './encode-extension.js';
import { certificateFacts } from './facts.js';
import { type GeneralNames } from './general-names.js';
import { assembleCertificate, buildTbsCertificate } from './tbs-certificate.js';
import { verifyChain } from './verify-chain.js';

// openssl is the judge of what we issue; our own verifyChain must agree with it.

let hierarchy: TestHierarchy;
let openssl: OpenSsl;

beforeAll(async () => {
  [hierarchy, openssl] = [await TestHierarchy.create(new Date()), await OpenSsl.create()];
});
afterAll(() => openssl.remove());

const judge = async (
  at: TestHierarchy,
  kind: IssuerKind,
  leaf: Buffer,
): Promise<{ openssl: boolean; ours: boolean; output: string }> => {
  const [root, intermediate, issuer] = [at.root, at.intermediate, at.issuers[kind]].map(
    ({ certificate }) => certificate,
  ) as [Buffer, Buffer, Buffer];
  await openssl.write('root.pem', derChainToPem([root]));
  await openssl.write('chain.pem', derChainToPem([intermediate, issuer]));
  await openssl.write('leaf.pem', derChainToPem([leaf]));
  const { code, output } = await openssl.run(
    ...['verify', '-x509_strict', '-check_ss_sig', '-CAfile', 'root.pem', '-untrusted', 'chain.pem', 'leaf.pem'],
  );
  let ours = true;
  try {
    verifyChain({ leaf, intermediates: [intermediate, issuer], anchors: [root], now: at.now });
  } catch {
    ours = false;
  }
  return { openssl: code === 0, ours, output };
};

const forged = async (kind: IssuerKind, names: Partial<Pick<GeneralNames, 'uris' | 'dnsNames' | 'ipAddresses'>>) => {
  const { certificate, keyId } = hierarchy.issuers[kind];
  const issuer = certificateFacts(certificate);
  const spki = spkiOf(createPublicKey(await generatePrivateKey('ecdsa-p256')));
  const { algorithm } = await hierarchy.signer.key(keyId);
  const signatureAlgorithm = signatureAlgorithmFor(algorithm);
  const toBeSigned = buildTbsCertificate({
    ...hierarchy.validity,
    serial: newSerial(),
    signatureAlgorithm,
    issuerName: issuer.subjectName,
    subjectName: encodeName(cn('forged leaf')),
    spki,
    extensions: [
      basicConstraints(false),
      keyUsage('digitalSignature'),
      subjectAltName(names, false),
      subjectKeyIdentifier(keyIdentifierOf(spki)),
      authorityKeyIdentifier(issuer.subjectKeyId),
    ],
  });
  const signature = await hierarchy.signer.forge({ keyId, toBeSigned });
  return assembleCertificate(toBeSigned, signatureAlgorithm, signature);
};

describe('openssl verify', () => {
  it.each<KeyAlgorithm>(['ecdsa-p256', 'ecdsa-p384', 'rsa-2048', 'ed25519'])(
    'accepts leaves of every profile in a hierarchy of %s keys',
    async (algorithm) => {
      const at = await TestHierarchy.create(new Date(), algorithm);
      const workload = await at.workload(undefined, algorithm);
      expect(await judge(at, 'workload', workload.certificate)).toMatchObject({ openssl: true, ours: true });
      const server = await at.server(['localhost', 'api.example.com'], ['127.0.0.1', '::1']);
      expect(await judge(at, 'server', server.certificate)).toMatchObject({ openssl: true, ours: true });
      const { certificate } = await at.responder('workload', algorithm);
      expect(await judge(at, 'workload', certificate)).toMatchObject({ openssl: true, ours: true });
    },
  );

  it.each<[IssuerKind, string, Partial<Pick<GeneralNames, 'uris' | 'dnsNames' | 'ipAddresses'>>]>([
    ['workload', 'another trust domain', { uris: ['spiffe://evil.org/ns/default/sa/web'] }],
    ['workload', 'a trust domain below', { uris: ['spiffe://x.cluster.local/ns/default/sa/web'] }],
    ['workload', 'a DNS name', { uris: ['spiffe://cluster.local/a'], dnsNames: ['example.com'] }],
    ['workload', 'an IPv4 address', { uris: ['spiffe://cluster.local/a'], ipAddresses: ['10.0.0.1'] }],
    ['workload', 'an IPv6 address', { uris: ['spiffe://cluster.local/a'], ipAddresses: ['2001:db8::1'] }],
    ['system', 'another trust domain', { uris: ['spiffe://evil.org/cartulary/operator/a'] }],
    ['server', 'a SPIFFE ID', { dnsNames: ['example.com'], uris: ['spiffe://cluster.local/a'] }],
  ])('refuses a leaf of the %s issuer with %s', async (kind, _, names) => {
    const outcome = await judge(hierarchy, kind, await forged(kind, names));
    expect(outcome).toMatchObject({ openssl: false, ours: false });
    expect(outcome.output).toMatch(/subtree violation/);
  });

  it('ours refuses what openssl lets pass: user information in front of the host', async () => {
    const leaf = await forged('workload', { uris: ['spiffe://cluster.local:80@evil.org/a'] });
    expect(await judge(hierarchy, 'workload', leaf)).toMatchObject({ ours: false });
  });
});
