import type { KeyObject } from 'node:crypto';
import { certificateFacts, checkX509Svid } from '@cartulary/x509';
import type { IssuedCertificate } from '../authority/authority.js';

/** A key that was made here and the certificate that the CA gave for it. Never changed, but replaced. */
export interface Svid extends IssuedCertificate {
  readonly privateKey: KeyObject;
}

/** What came instead of the certificate that was asked for. */
export class WrongCertificateError extends Error {
  readonly code = 'WRONG_CERTIFICATE';
  override readonly name = 'WrongCertificateError';
}

/** Throws WrongCertificateError, CERTIFICATE_MALFORMED, CERTIFICATE_SVID_INVALID. */
export const svidOf = (spiffeId: string, spki: Buffer, privateKey: KeyObject, issued: IssuedCertificate): Svid => {
  const [leaf] = issued.chain;
  if (!leaf) throw new WrongCertificateError('there is no certificate in the answer');
  if (checkX509Svid(leaf) !== spiffeId) throw new WrongCertificateError('the certificate is for another identity');
  if (!certificateFacts(leaf).spki.equals(spki)) throw new WrongCertificateError('the certificate is for another key');
  return { ...issued, privateKey };
};
