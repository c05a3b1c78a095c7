import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { derToPem, pemToDer } from '../asn1/pem.js';
import { sequence, objectIdentifier, bitString, nullValue } from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { certificateFacts } from '../certificate/facts.js';
import { certificateJwk } from '../certificate/certificate-jwk.js';
import { describeCertificate } from '../certificate/describe-certificate.js';
import { verifyChain } from '../certificate/verify-chain.js';
import { verifyCrl } from '../crl/parse-crl.js';
import { assembleCrl, buildTbsCertList } from '../crl/tbs-cert-list.js';
import { createCsr } from '../csr/create-csr.js';
import { verifyCsr } from '../csr/verify-csr.js';
import { TestHierarchy } from '../testing/hierarchy.js';
import { classicKeyKinds } from './key-algorithm.js';
import { generatePrivateKey, privateKeyToPem } from './private-key.js';
import { parsePublicKey } from './public-key.js';

// FIPS 204 and RFC 9881; OpenSSL 3.5 in node:crypto is the judge.

describe.each([['ml-dsa-44', 1312, 2420] as const, ['ml-dsa-65', 1952, 3309] as const])(
  '%s',
  (algorithm, keyOctets, signatureOctets) => {
    it('signs hierarchies, leaves and CRLs that node:crypto and our own readers accept', async () => {
      const at = await TestHierarchy.create(new Date(), algorithm);
      const { certificate } = await at.workload(undefined, algorithm);
      const issuer = at.issuers.workload;
      const [leaf, ca] = [new X509Certificate(certificate), new X509Certificate(issuer.certificate)];
      expect(leaf.publicKey.asymmetricKeyType).toBe(algorithm);
      expect(leaf.verify(ca.publicKey) && leaf.checkIssued(ca)).toBe(true);
      const chain = [certificate, issuer.certificate, at.intermediate.certificate];
      const changed = Buffer.from(certificate);
      changed[changed.length - 1]! ^= 1;
      const verify = (one: Buffer) =>
        verifyChain({ leaf: one, intermediates: chain.slice(1), anchors: [at.root.certificate], now: at.now });
      expect(verify(certificate)).toHaveLength(4);
      expect(() => verify(changed)).toThrow(/signature/);
      expect(describeCertificate(certificate)).toMatchObject({
        ...{ keyAlgorithm: algorithm, signatureAlgorithm: algorithm },
        keyUsage: ['digitalSignature'],
      });
      expect(certificateJwk(at.root.certificate)).toMatchObject({ kty: 'AKP', alg: algorithm.toUpperCase() });
      const { subjectName, subjectKeyId } = certificateFacts(issuer.certificate);
      const toBeSigned = buildTbsCertList({
        ...{ issuerName: subjectName, signatureAlgorithm: algorithm, authorityKeyId: subjectKeyId, crlNumber: 1n },
        ...{ thisUpdate: at.now, nextUpdate: new Date(at.now.getTime() + 3_600_000), entries: [] },
      });
      const signature = await at.signer.sign({
        ...{ keyId: issuer.keyId, usage: 'crl', toBeSigned, certificate: issuer.certificate },
      });
      expect(signature).toHaveLength(signatureOctets);
      const crl = assembleCrl(toBeSigned, algorithm, signature);
      expect(verifyCrl(crl, issuer.certificate).signatureAlgorithm).toBe(algorithm);
      // An event has 65 535 octets at most; the longest that carries certificates is an import with its whole chain.
      const octets = [...chain, at.root.certificate].map((one) => one.toString('base64').length);
      expect(octets.reduce((sum, length) => sum + length)).toBeLessThan(30_000);
    });

    it('is accepted in a request only where the policy names it', async () => {
      const csr = await createCsr(await generatePrivateKey(algorithm), { dnsNames: ['a.example'] });
      expect(derToPem(csr, 'CERTIFICATE REQUEST').length).toBeLessThan(8_192);
      await expect(verifyCsr(csr)).rejects.toMatchObject({ code: 'CSR_UNSUPPORTED_KEY' });
      const policy = { keyKinds: [...classicKeyKinds, algorithm] };
      expect(await verifyCsr(csr, policy)).toMatchObject({ keyAlgorithm: algorithm, dnsNames: ['a.example'] });
      const forged = Buffer.from(csr);
      forged[forged.length - 1]! ^= 1;
      await expect(verifyCsr(forged, policy)).rejects.toMatchObject({ code: 'CSR_BAD_SIGNATURE' });
    });

    it('is written to PEM as its seed alone, as BoringSSL wants it', async () => {
      const key = await generatePrivateKey(algorithm);
      const pem = privateKeyToPem(key);
      expect(pemToDer(pem, 'PRIVATE KEY')).toHaveLength(54);
      expect(createPrivateKey(pem).equals(key)).toBe(true);
    });

    it('has a key of one length and one encoding', () => {
      const id = objectIdentifier(algorithm === 'ml-dsa-44' ? oid.mlDsa44 : oid.mlDsa65);
      const spki = (octets: number, ...parameters: Buffer[]) =>
        sequence(sequence(id, ...parameters), bitString(Buffer.alloc(octets, 7)));
      expect(parsePublicKey(spki(keyOctets))).toEqual({ type: 'named', algorithm });
      expect(() => parsePublicKey(spki(keyOctets - 1))).toThrow(expect.objectContaining({ code: 'DER_MALFORMED' }));
      expect(() => parsePublicKey(spki(keyOctets, nullValue()))).toThrow(
        expect.objectContaining({ code: 'DER_MALFORMED' }),
      );
    });
  },
);

it('a policy may leave out other keys, too', async () => {
  const csr = await createCsr(await generatePrivateKey('ecdsa-p384'), { dnsNames: ['a.example'] });
  await expect(verifyCsr(csr, { keyKinds: ['ecdsa-p256', 'rsa'] })).rejects.toMatchObject({
    code: 'CSR_UNSUPPORTED_KEY',
  });
});
