import { canonical } from './certificate/canonical.js';
import { defaultsAbsent } from './certificate/defaults-absent.js';
import { selfSigned } from './certificate/self-signed.js';
import { serialEntropy } from './certificate/serial-entropy.js';
import { serialLength } from './certificate/serial-length.js';
import { serialPositive } from './certificate/serial-positive.js';
import { signatureAlgorithm } from './certificate/signature-algorithm.js';
import { uniqueIds } from './certificate/unique-ids.js';
import { validityEncoding } from './certificate/validity-encoding.js';
import { validityOrder } from './certificate/validity-order.js';
import { version } from './certificate/version.js';
import { altNamesDns } from './extension/alt-names-dns.js';
import { altNamesIp } from './extension/alt-names-ip.js';
import { altNamesKinds } from './extension/alt-names-kinds.js';
import { altNamesPresent } from './extension/alt-names-present.js';
import { altNamesUri } from './extension/alt-names-uri.js';
import { authorityKeyId } from './extension/authority-key-id.js';
import { caBasicConstraints } from './extension/ca-basic-constraints.js';
import { caKeyUsage } from './extension/ca-key-usage.js';
import { criticality } from './extension/criticality.js';
import { distributionPoints, freshestCrl } from './extension/distribution-points.js';
import { informationAccess } from './extension/information-access.js';
import { keyUsageBits } from './extension/key-usage-bits.js';
import { keyUsageCipherOnly } from './extension/key-usage-cipher-only.js';
import { keyUsageOfKey } from './extension/key-usage-of-key.js';
import { nameConstraints } from './extension/name-constraints.js';
import { noRevAvail } from './extension/no-rev-avail.js';
import { ocspDelegate } from './extension/ocsp-delegate.js';
import { ocspNoCheck } from './extension/ocsp-no-check.js';
import { pathLength } from './extension/path-length.js';
import { extensionsPresent } from './extension/present.js';
import { purposes } from './extension/purposes.js';
import { subjectKeyIdLeaf } from './extension/subject-key-id-leaf.js';
import { subjectKeyId } from './extension/subject-key-id.js';
import { extensionsUnique } from './extension/unique.js';
import { unknownCritical } from './extension/unknown-critical.js';
import { unknownExtension } from './extension/unknown.js';
import { issuerKeyId } from './issuer/key-id.js';
import { issuerKey } from './issuer/key.js';
import { issuerMaySign } from './issuer/may-sign.js';
import { issuerNameConstraints } from './issuer/name-constraints.js';
import { issuerName } from './issuer/name.js';
import { issuerPathLength } from './issuer/path-length.js';
import { issuerValidity } from './issuer/validity.js';
import { curvePoint } from './key/curve-point.js';
import { keyAlgorithm } from './key/key-algorithm.js';
import { keyLength } from './key/key-length.js';
import { rsaExponent } from './key/rsa-exponent.js';
import { rsaModulus } from './key/rsa-modulus.js';
import { rsaRoca } from './key/rsa-roca.js';
import { caSubjectPresent } from './name/ca-subject-present.js';
import { emptySubject } from './name/empty-subject.js';
import { issuerPresent } from './name/issuer-present.js';
import { nameLengths } from './name/name-lengths.js';
import { nameStrings } from './name/name-strings.js';
import { svidKeyUsage } from './svid/key-usage.js';
import { svidOneUri } from './svid/one-uri.js';
import { svidPath } from './svid/path.js';
import { svidPurposes } from './svid/purposes.js';
import { svidSpiffeId } from './svid/spiffe-id.js';
import { type CertificateRule } from './to-sign.js';

/** The encoding first: what is not DER is not worth reading on. */
export const certificateRules: readonly CertificateRule[] = [
  canonical,
  defaultsAbsent,
  version,
  serialPositive,
  serialLength,
  serialEntropy,
  signatureAlgorithm,
  validityEncoding,
  validityOrder,
  uniqueIds,
  selfSigned,
  issuerPresent,
  nameStrings,
  nameLengths,
  caSubjectPresent,
  emptySubject,
  keyAlgorithm,
  keyLength,
  curvePoint,
  rsaModulus,
  rsaExponent,
  rsaRoca,
  extensionsPresent,
  extensionsUnique,
  unknownCritical,
  unknownExtension,
  ...criticality,
  caBasicConstraints,
  pathLength,
  caKeyUsage,
  keyUsageBits,
  keyUsageCipherOnly,
  keyUsageOfKey,
  purposes,
  ocspDelegate,
  ocspNoCheck,
  authorityKeyId,
  subjectKeyId,
  subjectKeyIdLeaf,
  altNamesPresent,
  altNamesKinds,
  altNamesDns,
  altNamesUri,
  altNamesIp,
  distributionPoints,
  freshestCrl,
  informationAccess,
  nameConstraints,
  noRevAvail,
  svidOneUri,
  svidSpiffeId,
  svidPath,
  svidKeyUsage,
  svidPurposes,
  issuerName,
  issuerKey,
  issuerKeyId,
  issuerMaySign,
  issuerPathLength,
  issuerValidity,
  issuerNameConstraints,
];
