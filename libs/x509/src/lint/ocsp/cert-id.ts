import { oids } from '../oids.js';
import { type ResponseRule } from '../to-sign.js';

const lengths: Readonly<Record<string, number>> = {
  [oids.sha1]: 20,
  [oids.sha256]: 32,
  [oids.sha384]: 48,
  [oids.sha512]: 64,
};

/** The hashes are as long as their algorithm makes them. */
export const responseCertId: ResponseRule = {
  id: 'ocsp.cert-id',
  section: 'RFC 6960, section 4.1.1',
  severity: 'error',
  check: ({ response }) => {
    for (const { hashAlgorithm, nameHash, keyHash } of response.responses) {
      const length = lengths[hashAlgorithm];
      if (length === undefined) return 'a hash algorithm that is not ours';
      if (nameHash.length !== length || keyHash.length !== length) return 'a hash of another length';
    }
    return undefined;
  },
};
