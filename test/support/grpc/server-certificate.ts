import { derChainToPem, generatePrivateKey, issueCertificate, newSerial } from '@cartulary/x509';
import { TestDomain } from '@cartulary/service/testing';
import { keyPem } from '../enrol.js';

/** A certificate for localhost from a CA that nobody knows yet; all as PEM. */
export const serverCertificate = async (): Promise<{ key: string; cert: string; root: string }> => {
  const {
    issuers,
    signer,
    clock,
    issuer: of,
  } = await TestDomain.create({ now: new Date() }).then((domain) => ({
    ...{ issuers: domain.issuers, signer: domain.signer, clock: domain.clock },
    issuer: domain.issuer('server'),
  }));
  const key = await generatePrivateKey('ecdsa-p256');
  const { spki } = await signer.import(keyPem(key));
  const whole = Math.floor(clock.now().getTime() / 1_000) * 1_000;
  const dates = { notBefore: new Date(whole - 60_000), notAfter: new Date(whole + 3_600_000) };
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], publications: {} };
  const reference = { certificate: Buffer.from(of.certificate, 'base64'), keyId: of.keyId };
  const request = { profile: 'server', serial: newSerial(), spki, ...names, ...dates } as const;
  const leaf = await issueCertificate(request, reference, signer);
  const path = issuers.path(of.issuerId);
  return { key: keyPem(key), cert: derChainToPem([leaf, ...path.slice(0, -1)]), root: derChainToPem(path.slice(-1)) };
};
