import { type CertificateRule } from '../to-sign.js';

const keyCertSign = 5;

export const pathLength: CertificateRule = {
  id: 'certificate.basic-constraints.path-length',
  section: 'RFC 5280, section 4.2.1.9',
  severity: 'error',
  check: ({ certificate }) => {
    const length = certificate.basicConstraints?.pathLength;
    if (length === undefined) return undefined;
    if (length < 0) return 'the path length is negative';
    return certificate.isCa && certificate.hasUsage(keyCertSign)
      ? undefined
      : 'a path length is for CAs that sign certificates';
  },
};
