import { oids } from '../oids.js';
import { type CertificateRule } from '../to-sign.js';

const flagged = (
  name: keyof typeof oids,
  mustBe: boolean,
  section: string,
  severity: CertificateRule['severity'] = 'error',
): CertificateRule => ({
  id: `certificate.criticality.${name}`,
  section,
  severity,
  check: ({ certificate }) => {
    const extension = certificate.extension(oids[name]);
    if (!extension || extension.critical === mustBe) return undefined;
    return `${name} ${mustBe ? 'is not critical' : 'is critical'}`;
  },
});

/** Where a section says MUST it is an error, where it says SHOULD a warning. */
export const criticality: readonly CertificateRule[] = [
  flagged('authorityKeyIdentifier', false, 'RFC 5280, section 4.2.1.1'),
  flagged('subjectKeyIdentifier', false, 'RFC 5280, section 4.2.1.2'),
  flagged('keyUsage', true, 'RFC 5280, section 4.2.1.3', 'warning'),
  flagged('nameConstraints', true, 'RFC 5280, section 4.2.1.10'),
  flagged('crlDistributionPoints', false, 'RFC 5280, section 4.2.1.13', 'warning'),
  flagged('freshestCrl', false, 'RFC 5280, section 4.2.1.15'),
  flagged('authorityInfoAccess', false, 'RFC 5280, section 4.2.2.1'),
  flagged('ocspNoCheck', false, 'RFC 6960, section 4.2.2.2.1', 'warning'),
  flagged('noRevAvail', false, 'RFC 9608, section 2'),
];
