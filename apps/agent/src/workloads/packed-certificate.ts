import { derChainToPem, pemChainToDer } from '@cartulary/x509';
import type { IssuedCertificate } from '../authority/authority.js';

/** As it lies in a file. */
export interface PackedCertificate {
  /** PEM, leaf first. */
  readonly chain: string;
  readonly serial: string;
  readonly spiffeId: string;
  /** RFC 3339. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly renewFrom: string;
  readonly renewUntil: string;
}

export const packCertificate = (certificate: IssuedCertificate): PackedCertificate => ({
  chain: derChainToPem(certificate.chain),
  serial: certificate.serial,
  spiffeId: certificate.spiffeId,
  notBefore: certificate.notBefore.toISOString(),
  notAfter: certificate.notAfter.toISOString(),
  renewFrom: certificate.renewFrom.toISOString(),
  renewUntil: certificate.renewUntil.toISOString(),
});

/** Throws PEM_MALFORMED. */
export const unpackCertificate = (packed: PackedCertificate): IssuedCertificate => ({
  chain: pemChainToDer(packed.chain),
  serial: packed.serial,
  spiffeId: packed.spiffeId,
  notBefore: new Date(packed.notBefore),
  notAfter: new Date(packed.notAfter),
  renewFrom: new Date(packed.renewFrom),
  renewUntil: new Date(packed.renewUntil),
});
