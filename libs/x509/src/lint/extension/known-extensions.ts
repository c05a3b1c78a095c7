import { oids } from '../oids.js';

/** What our certificates may hold. */
export const knownExtensions: ReadonlySet<string> = new Set([
  oids.subjectKeyIdentifier,
  oids.keyUsage,
  oids.subjectAltName,
  oids.basicConstraints,
  oids.nameConstraints,
  oids.crlDistributionPoints,
  oids.authorityKeyIdentifier,
  oids.extendedKeyUsage,
  oids.freshestCrl,
  oids.noRevAvail,
  oids.authorityInfoAccess,
  oids.ocspNoCheck,
]);
