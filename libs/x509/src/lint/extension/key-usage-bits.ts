import { type CertificateRule } from '../to-sign.js';

export const keyUsageBits: CertificateRule = {
  id: 'certificate.key-usage.bits',
  section: 'RFC 5280, section 4.2.1.3; X.690, section 11.2.2',
  severity: 'error',
  check: ({ certificate: { keyUsage } }) => {
    if (!keyUsage) return undefined;
    if (keyUsage.mask === 0) return 'no bit is set';
    if (keyUsage.mask >= 1 << 9) return 'a bit beyond decipherOnly is set';
    return keyUsage.trimmed ? undefined : 'there are zero bits at the end';
  },
};
