import { type CertificateRule } from '../to-sign.js';

const preferred =
  /^(?=.{1,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
// RFC 5890, section 2.3.1: of labels with "--" in the third and fourth place only those of IDNA are used.
const reserved = /(?:^|\.)(?!xn--)[A-Za-z0-9]{2}--/i;

/** Preferred name syntax; internationalised names as A-labels. */
export const altNamesDns: CertificateRule = {
  id: 'certificate.alt-names.dns',
  section: 'RFC 5280, section 4.2.1.6; RFC 9549, section 2.2; RFC 1034, section 3.5',
  severity: 'error',
  check: ({ certificate }) => {
    const texts = certificate.textsOf(2);
    if (!texts.every((text) => preferred.test(text))) return 'a DNS name is none in preferred name syntax';
    return texts.some((text) => reserved.test(text)) ? 'a label has hyphens in the third and fourth place' : undefined;
  },
};
