import { beforeEach, describe, expect, it } from 'vitest';
import { newSerial } from '../asn1/serial.js';
import { certificateFacts } from '../certificate/facts.js';
import { parseCertificate } from '../certificate/parsed-certificate.js';
import { type CertificateTemplate, buildTbsCertificate } from '../certificate/tbs-certificate.js';
import { LintError } from '../lint/lint-error.js';
import { lintRules } from '../lint/rule-catalogue.js';
import { TestHierarchy } from '../testing/hierarchy.js';
import { InMemorySigner } from './in-memory-signer.js';
import { type KeyAlgorithm } from './key-algorithm.js';

/** Says what was really signed. */
class RecordingSigner extends InMemorySigner {
  readonly signed: Buffer[] = [];
  protected override signBytes(keyId: string, bytes: Buffer): Promise<Buffer> {
    this.signed.push(Buffer.from(bytes));
    return super.signBytes(keyId, bytes);
  }
}

let at: TestHierarchy;
let signer: RecordingSigner;
let template: CertificateTemplate;
let keyId: string;

const prepare = async (algorithm: KeyAlgorithm = 'ecdsa-p256') => {
  at = await TestHierarchy.create(new Date('2026-11-22T10:00:00Z'), algorithm);
  const leaf = parseCertificate((await at.workload()).certificate);
  signer = new RecordingSigner();
  ({ keyId } = await signer.generate(algorithm));
  template = {
    serial: newSerial(),
    signatureAlgorithm: 'ecdsa-sha256',
    issuerName: leaf.issuerName,
    notBefore: leaf.notBefore,
    notAfter: leaf.notAfter,
    subjectName: leaf.subjectName,
    spki: leaf.spki,
    extensions: leaf.extensions,
  };
};
beforeEach(() => prepare());

const sign = (more: Partial<CertificateTemplate> = {}) =>
  signer.sign({ keyId, usage: 'certificate', toBeSigned: buildTbsCertificate({ ...template, ...more }) });

describe('a Signer', () => {
  it('signs the very bytes that it has linted', async () => {
    await sign();
    expect(signer.signed).toEqual([buildTbsCertificate(template)]);
  });

  it('signs nothing that breaks a rule, and names the rules', async () => {
    const refused = await sign({ notBefore: template.notAfter, notAfter: template.notBefore }).catch((error) => error);
    expect(refused).toBeInstanceOf(LintError);
    expect(refused).toMatchObject({ code: 'LINT_REFUSED', rules: ['certificate.validity.order'] });
    expect(refused.message).toContain('RFC 5280, section 4.1.2.5');
    expect(signer.signed).toEqual([]);
  });

  it('signs in spite of a warning, and tells of it', async () => {
    const told: string[] = [];
    signer.onFinding(({ rule, severity }, usage) => told.push(`${usage} ${rule} ${severity}`));
    await sign({ serial: '05' });
    expect(signer.signed).toHaveLength(1);
    expect(told).toEqual(['certificate certificate.serial.entropy warning']);
  });

  it('refuses each time, not only the first of a template', async () => {
    await sign();
    for (let time = 0; time < 3; time++) {
      await expect(sign({ extensions: [] })).rejects.toBeInstanceOf(LintError);
    }
    await sign({ serial: newSerial() });
    expect(signer.signed).toHaveLength(2);
  });

  it('holds the bytes against the certificate of the signing key', async () => {
    const { certificate } = at.issuers.server;
    const toBeSigned = buildTbsCertificate(template);
    const refused = await signer.sign({ keyId, usage: 'certificate', toBeSigned, certificate }).catch((error) => error);
    expect(refused.rules).toEqual(expect.arrayContaining(['issuer.name', 'issuer.key', 'issuer.key-id']));
  });

  it('reads nothing that is no DER', async () => {
    const toBeSigned = buildTbsCertificate(template);
    toBeSigned[toBeSigned.indexOf(certificateFacts((await at.workload()).certificate).issuerName) + 1]! += 1;
    await expect(signer.sign({ keyId, usage: 'certificate', toBeSigned })).rejects.toMatchObject({
      rules: ['certificate.der'],
    });
  });
});

describe('the catalogue of rules', () => {
  it('names each rule once, with the section of a document', () => {
    const ids = lintRules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, section } of lintRules) {
      expect(id).toMatch(/^(?:certificate|svid|issuer|crl|ocsp|whole)\.[A-Za-z.-]+$/);
      expect(section).toMatch(/RFC \d{4}|X\.690|X\.509-SVID|SPIFFE-ID/);
    }
  });
});
