import { childrenOf, contentOf, type Element, expectTag, hexOf, notDer, onlyElement } from '../der/element.js';

/** A GeneralName: its context tag number and content. */
export interface GeneralNameView {
  readonly kind: number;
  readonly content: Buffer;
}

const generalName = ({ tag, bytes, content, end }: Element): GeneralNameView => {
  if (tag < 0x80) throw notDer('a GeneralName has no context tag');
  return { kind: tag & 0x1f, content: bytes.subarray(content, end) };
};

export const generalNames = (value: Buffer): GeneralNameView[] => childrenOf(onlyElement(value, 0x30)).map(generalName);

export interface BasicConstraintsView {
  readonly ca: boolean;
  readonly writesDefault: boolean;
  readonly pathLength: number | undefined;
}

export const basicConstraints = (value: Buffer): BasicConstraintsView => {
  const parts = childrenOf(onlyElement(value, 0x30));
  const flag = parts[0]?.tag === 0x01 ? parts.shift() : undefined;
  const length = parts.length > 0 ? expectTag(parts.shift(), 0x02) : undefined;
  if (parts.length > 0) throw notDer('basicConstraints has other parts');
  const ca = flag !== undefined && flag.bytes[flag.content] !== 0;
  const pathLength = length && (length.bytes[length.content]! >= 0x80 ? -1 : Number.parseInt(hexOf(length), 16));
  return { ca, writesDefault: flag !== undefined && !ca, pathLength };
};

/** A named bit list: bit n of the list is bit n of the mask. */
export interface BitsView {
  readonly mask: number;
  /** X.690, 11.2.2: without trailing zero bits. */
  readonly trimmed: boolean;
}

export const namedBits = (value: Buffer): BitsView => {
  const { bytes, content, end } = onlyElement(value, 0x03);
  const unused = bytes[content] ?? 0;
  let mask = 0;
  for (let bit = 0; bit < Math.min(24, (end - content - 1) * 8); bit++) {
    if (bytes[content + 1 + (bit >> 3)]! & (0x80 >> (bit & 7))) mask |= 1 << bit;
  }
  const last = end - content - 1;
  const trimmed = last === 0 ? unused === 0 : (bytes[end - 1]! & (1 << unused)) !== 0;
  return { mask, trimmed };
};

export const purposes = (value: Buffer): string[] =>
  childrenOf(onlyElement(value, 0x30)).map((element) => hexOf(expectTag(element, 0x06)));

export interface AuthorityKeyIdView {
  readonly keyId: Buffer | undefined;
  readonly hasIssuer: boolean;
  readonly hasSerial: boolean;
}

export const authorityKeyId = (value: Buffer): AuthorityKeyIdView => {
  const parts = childrenOf(onlyElement(value, 0x30));
  const keyId = parts.find(({ tag }) => tag === 0x80);
  const has = (wanted: number): boolean => parts.some(({ tag }) => tag === wanted);
  return { keyId: keyId && contentOf(keyId), hasIssuer: has(0xa1), hasSerial: has(0x82) };
};

export interface DistributionPointView {
  readonly names: readonly GeneralNameView[];
  /** The name is one relative to the issuer's. */
  readonly isRelative: boolean;
  readonly hasReasons: boolean;
  readonly hasCrlIssuer: boolean;
}

const distributionPoint = (element: Element): DistributionPointView => {
  const parts = childrenOf(expectTag(element, 0x30));
  const name = parts.find(({ tag }) => tag === 0xa0);
  const [choice] = name ? childrenOf(name) : [];
  const has = (wanted: number): boolean => parts.some(({ tag }) => tag === wanted);
  return {
    names: choice?.tag === 0xa0 ? childrenOf(choice).map(generalName) : [],
    isRelative: choice?.tag === 0xa1,
    hasReasons: has(0x81),
    hasCrlIssuer: has(0xa2),
  };
};

export const distributionPoints = (value: Buffer): DistributionPointView[] =>
  childrenOf(onlyElement(value, 0x30)).map(distributionPoint);

export interface AccessView {
  readonly method: string;
  readonly location: GeneralNameView;
}

export const accessDescriptions = (value: Buffer): AccessView[] =>
  childrenOf(onlyElement(value, 0x30)).map((element) => {
    const [method, location, ...more] = childrenOf(expectTag(element, 0x30));
    if (!location || more.length > 0) throw notDer('an access description has other parts than two');
    return { method: hexOf(expectTag(method, 0x06)), location: generalName(location) };
  });

export interface SubtreeView {
  readonly base: GeneralNameView;
  /** minimum or maximum is written. */
  readonly hasBounds: boolean;
}

export interface NameConstraintsView {
  readonly permitted: readonly SubtreeView[] | undefined;
  readonly excluded: readonly SubtreeView[] | undefined;
}

const subtrees = (element: Element | undefined): SubtreeView[] | undefined =>
  element &&
  childrenOf(element).map((subtree) => {
    const [base, ...bounds] = childrenOf(expectTag(subtree, 0x30));
    return { base: generalName(expectTag(base, base?.tag ?? 0)), hasBounds: bounds.length > 0 };
  });

export const nameConstraints = (value: Buffer): NameConstraintsView => {
  const parts = childrenOf(onlyElement(value, 0x30));
  if (parts.some(({ tag }) => tag !== 0xa0 && tag !== 0xa1)) throw notDer('nameConstraints has other parts');
  return {
    permitted: subtrees(parts.find(({ tag }) => tag === 0xa0)),
    excluded: subtrees(parts.find(({ tag }) => tag === 0xa1)),
  };
};
