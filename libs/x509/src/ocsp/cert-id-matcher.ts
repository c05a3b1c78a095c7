import { type CertId } from './ocsp-request.js';

/** Which issuer a CertID means, by name and key, under SHA-1 and SHA-256. */
export class CertIdMatcher<IssuerId> {
  add(_issuerCertificate: Buffer, _issuerId: IssuerId): void {
    throw new Error('not written');
  }
  remove(_issuerCertificate: Buffer): void {
    throw new Error('not written');
  }
  match(_certId: CertId): IssuerId | undefined {
    throw new Error('not written');
  }
}
