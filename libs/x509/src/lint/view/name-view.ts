import { childrenOf, contentOf, type Element, expectTag, hexOf, rawOf } from '../der/element.js';

export interface AttributeView {
  readonly oid: string;
  readonly tag: number;
  readonly value: Buffer;
}

/** A Name, RFC 5280, section 4.1.2.4. */
export interface NameView {
  readonly raw: Buffer;
  readonly attributes: readonly AttributeView[];
  /** A relative name without attributes occurs. */
  readonly hasEmptySet: boolean;
}

export const nameView = (element: Element): NameView => {
  const attributes: AttributeView[] = [];
  let hasEmptySet = false;
  for (const relative of childrenOf(expectTag(element, 0x30))) {
    const pairs = childrenOf(expectTag(relative, 0x31));
    if (pairs.length === 0) hasEmptySet = true;
    for (const each of pairs) {
      const [type, value, ...more] = childrenOf(expectTag(each, 0x30));
      const oid = hexOf(expectTag(type, 0x06));
      if (!value || more.length > 0) expectTag(undefined, 0x30);
      else attributes.push({ oid, tag: value.tag, value: contentOf(value) });
    }
  }
  return { raw: rawOf(element), attributes, hasEmptySet };
};
