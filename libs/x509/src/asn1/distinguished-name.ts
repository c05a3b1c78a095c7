import { EncodingError } from '../errors.js';
import { DerReader, malformed } from './der-reader.js';
import { objectIdentifier, printableString, sequence, setOf, utf8String } from './der-writer.js';

/** The attributes that our names may hold. */
export type NameAttribute = 'CN' | 'O' | 'OU' | 'C' | 'L' | 'ST' | 'serialNumber';

/** One attribute a relative name, in the order in which they are encoded. */
export type DistinguishedName = readonly { readonly type: NameAttribute; readonly value: string }[];

// Upper bounds in characters: RFC 5280, appendix A.1.
const attributes: Record<NameAttribute, { oid: string; max: number; encode: (value: string) => Buffer }> = {
  CN: { oid: '2.5.4.3', max: 64, encode: utf8String },
  serialNumber: { oid: '2.5.4.5', max: 64, encode: printableString },
  C: { oid: '2.5.4.6', max: 2, encode: printableString },
  L: { oid: '2.5.4.7', max: 128, encode: utf8String },
  ST: { oid: '2.5.4.8', max: 128, encode: utf8String },
  O: { oid: '2.5.4.10', max: 64, encode: utf8String },
  OU: { oid: '2.5.4.11', max: 64, encode: utf8String },
};

const shortNames = new Map(Object.entries(attributes).map(([name, { oid }]) => [oid, name]));

const controls = /[\x00-\x1f\x7f]/;

/** Name, DER. Throws DER_MALFORMED where a value is empty, too long or holds control characters. */
export const encodeName = (name: DistinguishedName): Buffer =>
  sequence(
    ...name.map(({ type, value }) => {
      const { oid, max, encode } = attributes[type];
      if (value === '' || [...value].length > max || controls.test(value)) {
        throw new EncodingError('DER_MALFORMED', `${type} is empty, longer than ${max} characters or not printable`);
      }
      return setOf(sequence(objectIdentifier(oid), encode(value)));
    }),
  );

const decodeValue = (tag: number, content: Buffer): string => {
  // UTF8String, PrintableString, IA5String; the others of DirectoryString can't be shown without guessing.
  if (tag !== 0x0c && tag !== 0x13 && tag !== 0x16) throw malformed('a name holds a string that is not UTF-8 or ASCII');
  const text = content.toString('utf8');
  if (text.includes('\ufffd') || controls.test(text)) throw malformed('a name holds characters that are not text');
  return text;
};

const escape = (value: string): string => value.replace(/[,+"\\<>;]/g, '\\$&').replace(/^[ #]|(?<!^) $/g, '\\$&');

export interface NameLimits {
  readonly maxAttributes: number;
  /** Octets of one value. */
  readonly maxValue: number;
}

/** RFC 4514 text (last relative name first). Throws DER_MALFORMED. */
export const formatName = (der: Buffer, limits: NameLimits = { maxAttributes: 32, maxValue: 1024 }): string => {
  const outer = new DerReader(der);
  const names = outer.enter();
  outer.finish();
  const parts: string[] = [];
  let count = 0;
  while (!names.done) {
    const relative = names.enter(0x31);
    const values: string[] = [];
    while (!relative.done) {
      const attribute = relative.enter();
      const oid = attribute.objectIdentifier();
      const { tag } = attribute;
      const content = attribute.content(tag);
      attribute.finish();
      if (++count > limits.maxAttributes || content.length > limits.maxValue) throw malformed('a name is too long');
      values.push(`${shortNames.get(oid) ?? oid}=${escape(decodeValue(tag, content))}`);
    }
    if (values.length === 0) throw malformed('a relative name is empty');
    parts.unshift(values.join('+'));
  }
  return parts.join(',');
};
