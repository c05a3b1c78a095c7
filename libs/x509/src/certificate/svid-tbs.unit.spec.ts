import 'reflect-metadata';
import { createPublicKey, generateKeyPairSync, type KeyObject, webcrypto } from 'node:crypto';
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  cryptoProvider,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { DerReader } from '../asn1/der-reader.js';
import { newSerial } from '../asn1/serial.js';
import { createCsr } from '../csr/create-csr.js';
import { verifyCsr } from '../csr/verify-csr.js';
import { generatePrivateKey } from '../signer/private-key.js';
import { keyIdentifierOf } from '../signer/public-key.js';
import { TestHierarchy } from '../testing/hierarchy.js';
import { templateOf } from './certificate-template.js';
import { certificateFacts } from './facts.js';
import { issueCertificate } from './issue-certificate.js';
import { type SvidRequest, svidTbs } from './svid-tbs.js';
import { buildTbsCertificate } from './tbs-certificate.js';

const full = Boolean(process.env['CARTULARY_FULL']);
const runs = full ? 10_000 : 150;

let at: TestHierarchy;
let others: KeyObject[];
let anyKey: webcrypto.CryptoKey;
beforeAll(async () => {
  at = await TestHierarchy.create(new Date('2026-11-22T10:00:00.250Z'));
  others = await Promise.all((['ecdsa-p384', 'ed25519', 'rsa-2048'] as const).map(generatePrivateKey));
  cryptoProvider.set(webcrypto as never);
  // What it signs with makes no difference to what is signed.
  const pair = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  anyKey = pair.privateKey;
});

const url = fc.option(fc.webUrl({ validSchemes: ['http'] }), { nil: undefined });
const segment = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$/);
const random = fc.record({
  key: fc.constantFrom(-1, -1, -1, -1, 0, 1, 2),
  profile: fc.constantFrom('workload', 'operator', 'service'),
  trustDomain: fc.oneof(fc.constant('cluster.local'), fc.domain(), fc.constant(`${'a'.repeat(60)}.example`)),
  path: fc.array(segment, { minLength: 1, maxLength: 12 }),
  ocspUrl: url,
  caIssuersUrl: url,
  crlUrl: url,
  backdating: fc.integer({ min: 0, max: 290 }),
  seconds: fc.integer({ min: 1, max: 86_400 }),
});
type Random = typeof random extends fc.Arbitrary<infer Value> ? Value : never;

const keyFor = (key: number): KeyObject =>
  key < 0 ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : others[key]!;

/** Through a CSR, as in life. */
const requestOf = async (given: Random): Promise<SvidRequest> => {
  const { profile, trustDomain, path, ocspUrl, caIssuersUrl, crlUrl } = given;
  const tail = profile === 'workload' ? path : ['cartulary', profile, ...path];
  const spiffeId = `spiffe://${trustDomain}/${tail.join('/')}`;
  const csr = await verifyCsr(await createCsr(keyFor(given.key), { uris: [spiffeId] }));
  return {
    profile: profile as 'workload',
    trustDomain,
    spiffeId: csr.uris[0]!,
    serial: newSerial(),
    spki: csr.spki,
    notBefore: new Date(at.now.getTime() - given.backdating * 1_000),
    notAfter: new Date(at.now.getTime() + given.seconds * 1_000),
    publications: {
      ...(ocspUrl === undefined ? {} : { ocspUrl }),
      ...(caIssuersUrl === undefined ? {} : { caIssuersUrl }),
      ...(crlUrl === undefined ? {} : { crlUrl }),
    },
  };
};

const isPath = ({ path, profile }: Random): boolean => profile !== 'workload' || path[0] !== 'cartulary';
const issuerOf = ({ profile }: SvidRequest) => at.issuers[profile === 'workload' ? 'workload' : 'system'];

const tbsIn = (certificate: Buffer): Buffer => new DerReader(certificate).enter().raw(0x30);
const whole = (date: Date): Date => new Date(Math.floor(date.getTime() / 1_000) * 1_000);

/** What @peculiar/x509 makes of the same input. */
const peculiarTbs = async (request: SvidRequest): Promise<Buffer> => {
  const issuer = certificateFacts(issuerOf(request).certificate);
  const { ocspUrl, caIssuersUrl, crlUrl } = request.publications;
  const { trustDomain, profile } = request;
  const named = trustDomain.length <= 64;
  const client = '1.3.6.1.5.5.7.3.2';
  const usages =
    createPublicKey({ key: request.spki, format: 'der', type: 'spki' }).asymmetricKeyType === 'rsa'
      ? KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment
      : KeyUsageFlags.digitalSignature;
  const access = { ...(ocspUrl ? { ocsp: [ocspUrl] } : {}), ...(caIssuersUrl ? { caIssuers: [caIssuersUrl] } : {}) };
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(usages, true),
    new ExtendedKeyUsageExtension(profile === 'operator' ? [client] : ['1.3.6.1.5.5.7.3.1', client]),
    new SubjectAlternativeNameExtension([{ type: 'url', value: request.spiffeId }], !named),
    new SubjectKeyIdentifierExtension(keyIdentifierOf(request.spki).toString('hex')),
    new AuthorityKeyIdentifierExtension(issuer.subjectKeyId.toString('hex')),
    ...(ocspUrl || caIssuersUrl ? [new AuthorityInfoAccessExtension(access)] : []),
    ...(crlUrl ? [new CRLDistributionPointsExtension([crlUrl])] : []),
  ];
  const made = await X509CertificateGenerator.create({
    serialNumber: request.serial,
    subject: new Name(named ? [{ O: [{ utf8String: trustDomain }] }] : []),
    issuer: new X509Certificate(issuerOf(request).certificate).subjectName,
    notBefore: whole(request.notBefore),
    notAfter: whole(request.notAfter),
    publicKey: new PublicKey(request.spki),
    signingKey: anyKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions,
  });
  return tbsIn(Buffer.from(made.rawData));
};

const issue = (request: SvidRequest): Promise<Buffer> => issueCertificate(request, issuerOf(request), at.signer);

const given: Random = {
  key: -1,
  profile: 'workload',
  trustDomain: 'cluster.local',
  path: ['a'],
  ocspUrl: undefined,
  caIssuersUrl: undefined,
  crlUrl: undefined,
  backdating: 0,
  seconds: 60,
};

describe('a TBSCertificate spliced from a template', () => {
  it(
    'is byte for byte what is built piece by piece, and what @peculiar/x509 builds, for any request and profile',
    () =>
      fc.assert(
        fc.asyncProperty(random.filter(isPath), async (values) => {
          const request = await requestOf(values);
          const issuer = certificateFacts(issuerOf(request).certificate);
          const spliced = svidTbs(request, issuerOf(request).certificate, 'ecdsa-p256');
          expect(spliced.equals(buildTbsCertificate(templateOf(request, 'ecdsa-p256', issuer)))).toBe(true);
          expect(spliced.toString('hex')).toBe((await peculiarTbs(request)).toString('hex'));
          // Another trust domain than the hierarchy's is no name that its issuers may certify: it is not signed.
          if (request.trustDomain !== TestHierarchy.trustDomain) return;
          expect(tbsIn(await issue(request)).equals(spliced)).toBe(true);
        }),
        { numRuns: runs },
      ),
    full ? 600_000 : undefined,
  );

  it('keeps nothing of the request that it was compiled from', async () => {
    const [first, second] = await Promise.all([
      requestOf(given),
      requestOf({ ...given, path: ['b'.repeat(200)], seconds: 120 }),
    ]);
    const { certificate } = issuerOf(first);
    svidTbs(first, certificate, 'ecdsa-p256');
    const spliced = svidTbs(second, certificate, 'ecdsa-p256');
    expect(spliced.includes(first.spki)).toBe(false);
    expect(spliced.equals(buildTbsCertificate(templateOf(second, 'ecdsa-p256', certificateFacts(certificate))))).toBe(
      true,
    );
  });

  it.each([
    ['another trust domain', { spiffeId: 'spiffe://other.example/a' }],
    ['no path', { spiffeId: 'spiffe://cluster.local' }],
    ['a name of ours', { spiffeId: 'spiffe://cluster.local/cartulary/operator/ada' }],
    ['no SPIFFE ID', { spiffeId: 'spiffe://cluster.local/a b' }],
    ['too long a life', { notAfter: new Date('2027-11-22T10:00:00Z') }],
    ['no life', { notAfter: new Date('2026-11-22T09:00:00Z') }],
    ['serial zero', { serial: '00' }],
    ['no serial', { serial: 'xyz' }],
    ['no key', { spki: Buffer.from('3000', 'hex') }],
  ])('is refused for %s as before, compiled or not', async (_what, wrong) => {
    const request = await requestOf(given);
    await issue(request);
    await expect(issue({ ...request, ...wrong } as SvidRequest)).rejects.toMatchObject({
      code: 'CERTIFICATE_TEMPLATE_INVALID',
    });
  });
});
