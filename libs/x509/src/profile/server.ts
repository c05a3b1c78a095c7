import { encodeName } from '../asn1/distinguished-name.js';
import { oid } from '../asn1/oid.js';
import { CertificateError } from '../errors.js';
import { basicConstraints, extendedKeyUsage, subjectAltName } from '../certificate/encode-extension.js';
import { type PublicKeyAlgorithm } from '../signer/key-algorithm.js';
import { checkDnsName } from './check-names.js';
import { leafKeyUsage } from './leaf-key-usage.js';
import { isEmptyName } from './organization.js';
import { type ProfileContents } from './contents.js';
import { type ServerRequest } from './request.js';

/** Hosts by DNS name and address; the first of them is also the common name, for people. */
export const serverContents = (request: ServerRequest, algorithm: PublicKeyAlgorithm): ProfileContents => {
  const dnsNames = request.dnsNames.map(checkDnsName);
  const { ipAddresses } = request;
  const first = dnsNames[0] ?? ipAddresses[0];
  if (first === undefined) {
    throw new CertificateError('CERTIFICATE_TEMPLATE_INVALID', 'a server certificate names at least one host');
  }
  const subjectName = encodeName(first.length <= 64 ? [{ type: 'CN', value: first }] : []);
  return {
    subjectName,
    extensions: [
      basicConstraints(false),
      leafKeyUsage(algorithm),
      extendedKeyUsage(oid.serverAuth),
      subjectAltName({ dnsNames, ipAddresses }, isEmptyName(subjectName)),
    ],
  };
};
