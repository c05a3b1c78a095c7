import { DerReader, malformed } from '../asn1/der-reader.js';
import { context, contextPrimitive, ia5, sequence } from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { type Extension } from './extension.js';
import { type GeneralNames } from './general-names.js';
import { encodeIpAddress } from './ip-address.js';

/** One side of the constraints; an address range is address and mask, 8 or 32 octets. */
export interface Subtrees {
  readonly uriHosts: readonly string[];
  readonly dnsNames: readonly string[];
  readonly emails: readonly string[];
  readonly ipRanges: readonly Buffer[];
  /** Context tag numbers of the other forms in use. */
  readonly others: readonly number[];
}

export interface NameConstraints {
  readonly permitted: Subtrees;
  readonly excluded: Subtrees;
}

export const noSubtrees: Subtrees = { uriHosts: [], dnsNames: [], emails: [], ipRanges: [], others: [] };

const encodeSubtrees = (tag: number, subtrees: Subtrees): Buffer[] => {
  const bases = [
    ...subtrees.emails.map((email) => contextPrimitive(1, ia5(email))),
    ...subtrees.dnsNames.map((name) => contextPrimitive(2, ia5(name))),
    ...subtrees.uriHosts.map((host) => contextPrimitive(6, ia5(host))),
    ...subtrees.ipRanges.map((range) => contextPrimitive(7, range)),
  ];
  return bases.length === 0 ? [] : [context(tag, ...bases.map((base) => sequence(base)))];
};

/** RFC 5280, section 4.2.1.10: critical. */
export const nameConstraints = ({ permitted, excluded }: NameConstraints): Extension => ({
  oid: oid.nameConstraints,
  critical: true,
  value: sequence(...encodeSubtrees(0, permitted), ...encodeSubtrees(1, excluded)),
});

const decodeSubtrees = (reader: DerReader | undefined): Subtrees => {
  const subtrees = { uriHosts: [] as string[], dnsNames: [] as string[], emails: [] as string[] };
  const ipRanges: Buffer[] = [];
  const others: number[] = [];
  while (reader && !reader.done) {
    const subtree = reader.enter();
    const { tag } = subtree;
    const content = subtree.content(tag);
    subtree.finish(); // minimum is 0 and maximum absent, so both are left out
    const text = content.toString('latin1').toLowerCase();
    if (tag === 0x81) subtrees.emails.push(text);
    else if (tag === 0x82) subtrees.dnsNames.push(text);
    else if (tag === 0x86) subtrees.uriHosts.push(text);
    else if (tag === 0x87 && (content.length === 8 || content.length === 32)) ipRanges.push(content);
    else others.push(tag & 0x1f);
  }
  return { ...subtrees, ipRanges, others };
};

/** Throws DER_MALFORMED. */
export const decodeNameConstraints = (value: Buffer): NameConstraints => {
  const outer = new DerReader(value);
  const reader = outer.enter();
  outer.finish();
  const permitted = decodeSubtrees(reader.optional(0xa0));
  const excluded = decodeSubtrees(reader.optional(0xa1));
  reader.finish();
  return { permitted, excluded };
};

// A host constraint with a leading dot means hosts below it, without one that very host.
const hostFits = (host: string, base: string): boolean =>
  base === '' || (base.startsWith('.') ? host.endsWith(base) : host === base);

const dnsFits = (name: string, base: string): boolean => {
  const bare = base.replace(/^\./, '');
  return bare === '' || name === bare || name.endsWith(`.${bare}`);
};

const rangeFits = (address: Buffer, range: Buffer): boolean =>
  range.length === address.length * 2 &&
  address.every((octet, i) => (octet & range[address.length + i]!) === (range[i]! & range[address.length + i]!));

const hostOfUri = (uri: string): string => {
  const host = /^[a-z][a-z0-9+.-]*:\/\/([a-z0-9.-]+)(?:[/?#]|$)/i.exec(uri)?.[1];
  // User information, ports and address literals don't get past here: what can't be read exactly doesn't pass.
  if (host === undefined) throw malformed('a URI has no plain host to hold against a constraint');
  return host.toLowerCase();
};

const emailFits = (email: string, base: string): boolean => {
  if (base.includes('@')) return email.toLowerCase() === base;
  return hostFits(email.slice(email.lastIndexOf('@') + 1).toLowerCase(), base);
};

const within = <Name, Base>(
  names: readonly Name[],
  permitted: readonly Base[],
  excluded: readonly Base[],
  fits: (name: Name, base: Base) => boolean,
): boolean =>
  names.every(
    (name) =>
      !excluded.some((base) => fits(name, base)) &&
      (permitted.length === 0 || permitted.some((base) => fits(name, base))),
  );

/** Whether a certificate below may have these names. Forms that we can't compare are refused where they are constrained. */
export const namesFit = (names: GeneralNames, { permitted, excluded }: NameConstraints): boolean => {
  const constrained = [...permitted.others, ...excluded.others];
  const uris = permitted.uriHosts.length + excluded.uriHosts.length === 0 ? [] : names.uris.map(hostOfUri);
  const lower = names.dnsNames.map((name) => name.toLowerCase());
  const addresses = names.ipAddresses.map(encodeIpAddress);
  const isV4 = (octets: Buffer) => octets.length === 4 || octets.length === 8;
  const rangesFor = (ranges: readonly Buffer[], v4: boolean) => ranges.filter((range) => isV4(range) === v4);
  return (
    !names.others.some((kind) => constrained.includes(kind)) &&
    within(uris, permitted.uriHosts, excluded.uriHosts, hostFits) &&
    within(lower, permitted.dnsNames, excluded.dnsNames, dnsFits) &&
    within(names.emails, permitted.emails, excluded.emails, emailFits) &&
    // One range of either family constrains both (RFC 5280, section 4.2.1.10 constrains by name form).
    addresses.every((address) => {
      const v4 = isV4(address);
      const allowed = rangesFor(permitted.ipRanges, v4);
      return (
        !rangesFor(excluded.ipRanges, v4).some((range) => rangeFits(address, range)) &&
        (permitted.ipRanges.length === 0 || allowed.some((range) => rangeFits(address, range)))
      );
    })
  );
};
