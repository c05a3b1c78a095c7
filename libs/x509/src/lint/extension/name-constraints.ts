import { oids } from '../oids.js';
import { type CertificateRule } from '../to-sign.js';
import { nameConstraints as read, type SubtreeView } from '../view/extension-values.js';

const hostOrDomain =
  /^\.?(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

// RFC 4632: ones, then zeros.
const isMask = (octets: Buffer): boolean =>
  /^1*0*$/.test([...octets].map((o) => o.toString(2).padStart(8, '0')).join(''));

const baseProblem = ({ base: { kind, content } }: SubtreeView): string | undefined => {
  const text = content.toString('latin1');
  if (kind === 7) {
    const whole = content.length === 8 || content.length === 32;
    return whole && isMask(content.subarray(content.length / 2)) ? undefined : 'an address range without a mask';
  }
  if (kind === 2)
    return text === '' || (!text.startsWith('.') && hostOrDomain.test(text)) ? undefined : 'a malformed domain';
  if (kind === 6) return hostOrDomain.test(text) ? undefined : 'a URI constraint that is no host';
  if (kind === 1) return hostOrDomain.test(text.slice(text.indexOf('@') + 1)) ? undefined : 'a malformed mail domain';
  return undefined;
};

/** For CAs alone; never empty; minimum and maximum are not used. */
export const nameConstraints: CertificateRule = {
  id: 'certificate.name-constraints',
  section: 'RFC 5280, section 4.2.1.10',
  severity: 'error',
  check: ({ certificate }) => {
    const extension = certificate.extension(oids.nameConstraints);
    if (!extension) return undefined;
    if (!certificate.isCa) return 'only a CA has them';
    const { permitted, excluded } = read(extension.value);
    if (!permitted && !excluded) return 'nothing is constrained';
    if (permitted?.length === 0 || excluded?.length === 0) return 'a list of subtrees is empty';
    for (const subtree of [...(permitted ?? []), ...(excluded ?? [])]) {
      if (subtree.hasBounds) return 'minimum or maximum is written';
      const problem = baseProblem(subtree);
      if (problem !== undefined) return problem;
    }
    return undefined;
  },
};
