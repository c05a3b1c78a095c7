import { oids } from '../oids.js';
import { type CrlRule } from '../to-sign.js';
import { authorityKeyId } from '../view/extension-values.js';
import { byOid } from '../view/extension-view.js';

export const crlAuthorityKeyId: CrlRule = {
  id: 'crl.authority-key-id',
  section: 'RFC 5280, section 5.2.1',
  severity: 'error',
  check: ({ crl, issuer }) => {
    const extension = byOid(crl.extensions, oids.authorityKeyIdentifier);
    if (!extension) return 'it is missing';
    if (extension.critical) return 'it is critical';
    const { keyId } = authorityKeyId(extension.value);
    if (!keyId || keyId.length === 0) return 'it has no key identifier';
    const expected = issuer?.subjectKeyId;
    return expected && !expected.equals(keyId) ? "it is not the issuer's subject key identifier" : undefined;
  },
};
