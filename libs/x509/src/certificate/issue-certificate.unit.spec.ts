import 'reflect-metadata';
import { X509Certificate as NodeCertificate } from 'node:crypto';
import { SubjectAlternativeNameExtension, X509Certificate } from '@peculiar/x509';
import { beforeAll, describe, expect, it } from 'vitest';
import { newSerial } from '../asn1/serial.js';
import { type CertificateRequest, type RootRequest } from '../profile/request.js';
import { TestHierarchy } from '../testing/hierarchy.js';
import { certificateJwk } from './certificate-jwk.js';
import { describeCertificate } from './describe-certificate.js';
import { certificateFacts } from './facts.js';
import { issueCertificate } from './issue-certificate.js';

let at: TestHierarchy;
let spki: Buffer;
const publications = {
  ocspUrl: 'http://127.0.0.1:8080/ocsp',
  caIssuersUrl: 'http://127.0.0.1:8080/issuers/ab.cer',
  crlUrl: 'http://127.0.0.1:8080/crl/ab.crl',
};

beforeAll(async () => {
  at = await TestHierarchy.create(new Date('2026-11-22T10:00:00.250Z'));
  ({ spki } = await at.signer.generate('ecdsa-p256'));
});

const workload = (more: object = {}) =>
  ({
    profile: 'workload',
    trustDomain: 'cluster.local',
    spiffeId: 'spiffe://cluster.local/ns/default/sa/web',
    publications,
    serial: newSerial(),
    spki,
    ...at.validity,
    ...more,
  }) as Exclude<CertificateRequest, RootRequest>;

const issue = (
  request: Exclude<CertificateRequest, RootRequest>,
  kind: 'workload' | 'server' | 'system' = 'workload',
) => issueCertificate(request, at.issuers[kind], at.signer);

describe('issueCertificate', () => {
  it('makes an X.509-SVID that @peculiar/x509 and Node read alike', async () => {
    const request = workload();
    const der = await issue(request);
    const described = describeCertificate(der);
    expect(described).toMatchObject({
      serial: request.serial,
      subject: 'O=cluster.local',
      issuer: 'CN=Test workload issuer',
      uris: ['spiffe://cluster.local/ns/default/sa/web'],
      dnsNames: [],
      ca: false,
      keyAlgorithm: 'ecdsa-p256',
      signatureAlgorithm: 'ecdsa-sha256',
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: ['serverAuth', 'clientAuth'],
      ocspUrls: [publications.ocspUrl],
      caIssuersUrls: [publications.caIssuersUrl],
      crlUrls: [publications.crlUrl],
      authorityKeyId: certificateFacts(at.issuers.workload.certificate).subjectKeyId.toString('hex'),
      notBefore: new Date('2026-11-22T09:55:00Z'),
    });
    expect(described.extensions.filter(({ critical }) => critical).map(({ name }) => name)).toEqual([
      'basicConstraints',
      'keyUsage',
    ]);

    const peculiar = new X509Certificate(new Uint8Array(der));
    expect(peculiar.serialNumber).toBe(request.serial);
    expect(peculiar.getExtension(SubjectAlternativeNameExtension)?.names.items.map(({ value }) => value)).toEqual(
      described.uris,
    );
    expect(
      await peculiar.verify({
        publicKey: new X509Certificate(new Uint8Array(at.issuers.workload.certificate)),
        signatureOnly: true,
      }),
    ).toBe(true);
    const node = new NodeCertificate(der);
    expect(node.checkIssued(new NodeCertificate(at.issuers.workload.certificate))).toBe(true);
    expect(node.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(described.fingerprint);
  });

  it('copies the name of the issuer byte for byte', async () => {
    const facts = certificateFacts(await issue(workload()));
    expect(facts.issuerName).toEqual(certificateFacts(at.issuers.workload.certificate).subjectName);
  });

  it('gives an RSA leaf keyEncipherment too', async () => {
    const rsa = await at.signer.generate('rsa-2048');
    const described = describeCertificate(await issue(workload({ spki: rsa.spki })));
    expect(described.keyUsage).toEqual(['digitalSignature', 'keyEncipherment']);
  });

  it('makes the SAN critical where the trust domain is too long for a subject', async () => {
    const trustDomain = `${'a'.repeat(40)}.${'b'.repeat(40)}`;
    const request = workload({ trustDomain, spiffeId: `spiffe://${trustDomain}/a` });
    // By a CA without name constraints: ours of this trust domain would not fit another.
    const described = describeCertificate(await issueCertificate(request, at.intermediate, at.signer));
    expect(described.subject).toBe('');
    expect(described.extensions).toContainEqual({ oid: '2.5.29.17', name: 'subjectAltName', critical: true });
  });

  it('makes operator, service and responder certificates', async () => {
    const spiffeId = 'spiffe://cluster.local/cartulary/operator/ada';
    const operator = describeCertificate(await issue(workload({ profile: 'operator', spiffeId }), 'system'));
    expect(operator.extendedKeyUsage).toEqual(['clientAuth']);
    const service = describeCertificate(await issue(workload({ profile: 'service', spiffeId }), 'system'));
    expect(service.extendedKeyUsage).toEqual(['serverAuth', 'clientAuth']);
    const responder = describeCertificate((await at.responder('workload')).certificate);
    expect(responder).toMatchObject({ extendedKeyUsage: ['ocspSigning'], ocspUrls: [], crlUrls: [], uris: [] });
    expect(responder.extensions.map(({ name }) => name)).toContain('ocspNoCheck');
    expect(responder.subject).toMatch(/^CN=OCSP responder [0-9a-f]{16}$/);
  });

  it('gives issuers a path length of zero and the intermediate one of one', () => {
    expect(describeCertificate(at.issuers.workload.certificate)).toMatchObject({ ca: true, pathLength: 0 });
    expect(describeCertificate(at.intermediate.certificate)).toMatchObject({ ca: true, pathLength: 1 });
    const root = describeCertificate(at.root.certificate);
    expect(root).toMatchObject({ ca: true, keyUsage: ['keyCertSign', 'cRLSign'] });
    expect(root.pathLength).toBeUndefined();
  });

  it.each<[string, object]>([
    ['an identity of another trust domain', { spiffeId: 'spiffe://evil.org/a' }],
    ['a reserved identity', { spiffeId: 'spiffe://cluster.local/cartulary/operator/a' }],
    ['an identity without path', { spiffeId: 'spiffe://cluster.local' }],
    ['what is no identity', { spiffeId: 'cluster.local/a' }],
    ['an operator outside of the reserved path', { profile: 'operator' }],
    ['a server without names', { profile: 'server', dnsNames: [], ipAddresses: [] }],
    ['a wildcard', { profile: 'server', dnsNames: ['*.example.com'], ipAddresses: [] }],
    ['an address that is none', { profile: 'server', dnsNames: [], ipAddresses: ['1.2.3'] }],
    ['a serial that is none', { serial: 'XYZ' }],
    ['a life that is too long', { notAfter: new Date('2026-12-01T10:00:00Z') }],
    ['an end before the beginning', { notAfter: new Date('2026-11-20T10:00:00Z') }],
    ["a beginning before the issuer's", { notBefore: new Date('2026-11-22T08:59:00Z') }],
    [
      "an end after the issuer's",
      { notBefore: new Date('2026-11-24T10:00:00Z'), notAfter: new Date('2026-11-25T10:00:00Z') },
    ],
    ['a key of another kind', { spki: Buffer.from('300506032b65710000', 'hex') }],
  ])('refuses %s', async (_, more) => {
    await expect(issue(workload(more))).rejects.toMatchObject({ code: 'CERTIFICATE_TEMPLATE_INVALID' });
  });

  it("refuses to sign with a key that is not the issuer certificate's", async () => {
    const { keyId } = await at.signer.generate('ecdsa-p256');
    const issuer = { certificate: at.issuers.workload.certificate, keyId };
    await expect(issueCertificate(workload(), issuer, at.signer)).rejects.toMatchObject({
      code: 'CERTIFICATE_TEMPLATE_INVALID',
    });
  });
});

describe('certificateJwk', () => {
  it('is an entry of a SPIFFE bundle', () => {
    const { certificate } = at.root;
    expect(certificateJwk(certificate)).toMatchObject({
      kty: 'EC',
      crv: 'P-256',
      use: 'x509-svid',
      x5c: [certificate.toString('base64')],
    });
  });
});

describe('describeCertificate', () => {
  it('throws CERTIFICATE_MALFORMED for what is no certificate', () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('3000', 'hex'),
      at.root.certificate.subarray(1),
      Buffer.alloc(100, 0x30),
    ]) {
      expect(() => describeCertificate(bytes)).toThrow(expect.objectContaining({ code: 'CERTIFICATE_MALFORMED' }));
    }
  });
});
