import { oids } from '../oids.js';
import { type CertificateRule } from '../to-sign.js';
import { type GeneralNameView, nameConstraints, type NameConstraintsView } from '../view/extension-values.js';
import { type CertificateView } from '../view/certificate-view.js';

const uriHost = /^[^:]+:\/\/([^/?#:@]+)(?:[/?#]|$)/;

const isBelow = (name: string, base: string): boolean =>
  base === '' || name === base || name.endsWith(base.startsWith('.') ? base : `.${base}`);

const isWithin = (name: GeneralNameView, base: GeneralNameView): boolean => {
  const text = name.content.toString('latin1').toLowerCase();
  const limit = base.content.toString('latin1').toLowerCase();
  if (name.kind === 2) return isBelow(text, limit);
  if (name.kind === 6) {
    const host = uriHost.exec(text)?.[1] ?? '';
    return limit.startsWith('.') ? host.endsWith(limit) : host === limit;
  }
  if (name.kind !== 7) return true; // of a kind that is not certified
  const half = base.content.length / 2;
  return (
    name.content.length === half &&
    name.content.every((octet, i) => (octet & base.content[half + i]!) === (base.content[i]! & base.content[half + i]!))
  );
};

const known = new WeakMap<CertificateView, NameConstraintsView | false>();

const constraintsOf = (issuer: CertificateView): NameConstraintsView | false => {
  const value = issuer.extension(oids.nameConstraints)?.value;
  const constraints = known.get(issuer) ?? (value ? nameConstraints(value) : false);
  known.set(issuer, constraints);
  return constraints;
};

export const issuerNameConstraints: CertificateRule = {
  id: 'issuer.name-constraints',
  section: 'RFC 5280, sections 4.2.1.10 and 6.1.3 (b), (c)',
  severity: 'error',
  check: ({ certificate, issuer }) => {
    const constraints = issuer && constraintsOf(issuer);
    if (!constraints) return undefined;
    const { permitted = [], excluded = [] } = constraints;
    for (const name of certificate.names) {
      const same = permitted.filter(({ base }) => base.kind === name.kind);
      if (same.length > 0 && !same.some(({ base }) => isWithin(name, base))) return 'a name is not permitted';
      const barred = excluded.some(({ base }) => base.kind === name.kind && isWithin(name, base));
      if (barred) return 'a name is excluded';
    }
    return undefined;
  },
};
