import { type DerReader, malformed } from '../asn1/der-reader.js';
import { boolean, objectIdentifier, octetString, sequence } from '../asn1/der-writer.js';

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** extnValue's content, DER. */
  readonly value: Buffer;
}

/** Extensions, DER, in the order given. */
export const encodeExtensions = (extensions: readonly Extension[]): Buffer =>
  sequence(
    ...extensions.map(({ oid, critical, value }) =>
      sequence(objectIdentifier(oid), ...(critical ? [boolean(true)] : []), octetString(value)),
    ),
  );

/** Reads an Extensions SEQUENCE; duplicates are the caller's to find. Throws DER_MALFORMED. */
export const readExtensions = (reader: DerReader): Extension[] => {
  const extensions: Extension[] = [];
  while (!reader.done) {
    if (extensions.length >= 64) throw malformed('more than 64 extensions');
    const extension = reader.enter();
    const oid = extension.objectIdentifier();
    const critical = extension.tag === 0x01 ? extension.boolean() : false;
    extensions.push({ oid, critical, value: extension.content(0x04) });
    extension.finish();
  }
  return extensions;
};

export const firstDuplicate = (extensions: readonly { readonly oid: string }[]): string | undefined =>
  extensions.find(({ oid }, i) => extensions.findIndex((other) => other.oid === oid) !== i)?.oid;
