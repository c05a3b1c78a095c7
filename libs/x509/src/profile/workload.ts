import { oid } from '../asn1/oid.js';
import { basicConstraints, extendedKeyUsage, subjectAltName } from '../certificate/encode-extension.js';
import { type PublicKeyAlgorithm } from '../signer/key-algorithm.js';
import { checkSpiffeId } from './check-names.js';
import { leafKeyUsage } from './leaf-key-usage.js';
import { isEmptyName, organizationName } from './organization.js';
import { type ProfileContents } from './contents.js';
import { type WorkloadRequest } from './request.js';

/** An X.509-SVID: exactly one URI, client and server (X.509-SVID, sections 2, 4, appendix A). */
export const workloadContents = (request: WorkloadRequest, algorithm: PublicKeyAlgorithm): ProfileContents => {
  const uris = [checkSpiffeId(request.spiffeId, request.trustDomain, 'workload')];
  const subjectName = organizationName(request.trustDomain);
  return {
    subjectName,
    extensions: [
      basicConstraints(false),
      leafKeyUsage(algorithm),
      extendedKeyUsage(oid.serverAuth, oid.clientAuth),
      subjectAltName({ uris }, isEmptyName(subjectName)),
    ],
  };
};
