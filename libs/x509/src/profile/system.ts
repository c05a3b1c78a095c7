import { oid } from '../asn1/oid.js';
import { basicConstraints, extendedKeyUsage, subjectAltName } from '../certificate/encode-extension.js';
import { type PublicKeyAlgorithm } from '../signer/key-algorithm.js';
import { checkSpiffeId } from './check-names.js';
import { leafKeyUsage } from './leaf-key-usage.js';
import { isEmptyName, organizationName } from './organization.js';
import { type ProfileContents } from './contents.js';
import { type SystemRequest } from './request.js';

/** A system identity: an operator is a client, a service also a server. */
export const systemContents = (request: SystemRequest, algorithm: PublicKeyAlgorithm): ProfileContents => {
  const uris = [checkSpiffeId(request.spiffeId, request.trustDomain, 'system')];
  const purposes = request.profile === 'operator' ? [oid.clientAuth] : [oid.serverAuth, oid.clientAuth];
  const subjectName = organizationName(request.trustDomain);
  return {
    subjectName,
    extensions: [
      basicConstraints(false),
      leafKeyUsage(algorithm),
      extendedKeyUsage(...purposes),
      subjectAltName({ uris }, isEmptyName(subjectName)),
    ],
  };
};
