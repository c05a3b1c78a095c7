import { nameOfOid, oids } from '../oids.js';
import { type AttributeView, type NameView } from '../view/name-view.js';

const utf8 = 0x0c;
const printable = 0x13;

// Upper bounds in characters, RFC 5280, appendix A.1.
const bounds: Readonly<Record<string, number>> = {
  [oids.commonName]: 64,
  [oids.serialNumber]: 64,
  [oids.countryName]: 2,
  [oids.localityName]: 128,
  [oids.stateOrProvinceName]: 128,
  [oids.organizationName]: 64,
  [oids.organizationalUnitName]: 64,
};
const printableOnly: ReadonlySet<string> = new Set([oids.serialNumber, oids.countryName]);

const stringProblem = ({ oid, tag }: AttributeView): string | undefined => {
  if (bounds[oid] === undefined) return undefined; // dc, e-mail and the like have types of their own
  if (printableOnly.has(oid)) return tag === printable ? undefined : `${nameOfOid(oid)} is no PrintableString`;
  return tag === utf8 || tag === printable ? undefined : `${nameOfOid(oid)} is neither UTF8String nor PrintableString`;
};

const lengthProblem = ({ oid, value }: AttributeView): string | undefined => {
  if (value.length === 0) return `${nameOfOid(oid)} is empty`;
  const most = bounds[oid] ?? Infinity;
  // Octets bound characters from above: only what may be too long is counted.
  return value.length > most && [...value.toString('utf8')].length > most ? `${nameOfOid(oid)} is too long` : undefined;
};

const firstProblem = (
  { attributes }: NameView,
  problemOf: (attribute: AttributeView) => string | undefined,
): string | undefined => {
  for (const attribute of attributes) {
    const problem = problemOf(attribute);
    if (problem !== undefined) return problem;
  }
  return undefined;
};

/** RFC 5280, section 4.1.2.4: UTF8String or PrintableString; the ones of X.520 that are PrintableString only. */
export const nameStringsProblem = (name: NameView): string | undefined => firstProblem(name, stringProblem);

/** RFC 5280, appendix A.1: not empty, not above the upper bound; no relative name without an attribute. */
export const nameLengthsProblem = (name: NameView): string | undefined =>
  name.hasEmptySet ? 'a relative name has no attribute' : firstProblem(name, lengthProblem);
