import { DerReader, malformed } from '../asn1/der-reader.js';
import { contextPrimitive, ia5, sequence } from '../asn1/der-writer.js';
import { encodeIpAddress, formatIpAddress } from './ip-address.js';

export interface GeneralNames {
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emails: readonly string[];
  /** Names of other kinds: their context tag numbers. */
  readonly others: readonly number[];
}

/** subjectAltName's value, DER: URIs, then DNS names, then addresses. */
export const encodeGeneralNames = (names: Partial<Pick<GeneralNames, 'uris' | 'dnsNames' | 'ipAddresses'>>): Buffer =>
  sequence(
    ...(names.uris ?? []).map((uri) => contextPrimitive(6, ia5(uri))),
    ...(names.dnsNames ?? []).map((name) => contextPrimitive(2, ia5(name))),
    ...(names.ipAddresses ?? []).map((address) => contextPrimitive(7, encodeIpAddress(address))),
  );

const ascii = (content: Buffer): string => {
  if (content.some((byte) => byte < 0x21 || byte > 0x7e)) throw malformed('a name holds characters that are not ASCII');
  return content.toString('latin1');
};

/** Throws DER_MALFORMED, also when there are more names than the bound. */
export const decodeGeneralNames = (value: Buffer, maxNames = 1000): GeneralNames => {
  const [uris, dnsNames, ipAddresses, emails, others]: [string[], string[], string[], string[], number[]] = [
    [],
    [],
    [],
    [],
    [],
  ];
  const outer = new DerReader(value);
  const reader = outer.enter();
  outer.finish();
  for (let count = 1; !reader.done; count++) {
    if (count > maxNames) throw malformed(`more than ${maxNames} names`);
    const { tag } = reader;
    const content = reader.content(tag);
    if (tag === 0x86) uris.push(ascii(content));
    else if (tag === 0x82) dnsNames.push(ascii(content));
    else if (tag === 0x87) ipAddresses.push(formatIpAddress(content));
    else if (tag === 0x81) emails.push(ascii(content));
    else others.push(tag & 0x1f);
  }
  return { uris, dnsNames, ipAddresses, emails, others };
};
