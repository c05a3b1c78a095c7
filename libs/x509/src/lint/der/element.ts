import { EncodingError } from '../../errors.js';

/** Where one element stands in the bytes: header from `start`, content from `content` to `end`. */
export interface Element {
  readonly bytes: Buffer;
  readonly tag: number;
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

export const notDer = (message: string): EncodingError => new EncodingError('DER_MALFORMED', message);

/**
 * The linter's own reader, made for speed and of nothing that the writer uses. Throws DER_MALFORMED on lengths that are
 * indefinite, not minimal or beyond the limit (X.690, 10.1).
 */
export const elementAt = (bytes: Buffer, start: number, limit: number): Element => {
  if (start + 2 > limit) throw notDer('an element is missing or cut off');
  const tag = bytes[start]!;
  if ((tag & 0x1f) === 0x1f) throw notDer('a tag has more than one octet');
  let length = bytes[start + 1]!;
  let content = start + 2;
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count === 0) throw notDer('a length is indefinite');
    if (count > 4 || content + count > limit) throw notDer('a length is out of bounds');
    if (bytes[content] === 0) throw notDer('a length is not minimal');
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + bytes[content + i]!;
    if (length < 0x80) throw notDer('a length is not minimal');
    content += count;
  }
  const end = content + length;
  if (end > limit) throw notDer('an element is cut off');
  return { bytes, tag, start, content, end };
};

/** The bytes as one element with nothing behind it. */
export const onlyElement = (bytes: Buffer, tag: number): Element => {
  const element = elementAt(bytes, 0, bytes.length);
  if (element.end !== bytes.length) throw notDer('there are bytes behind the element');
  return expectTag(element, tag);
};

export const expectTag = (element: Element | undefined, tag: number): Element => {
  if (element?.tag !== tag) throw notDer('an element is missing or of another type');
  return element;
};

export const childrenOf = ({ bytes, content, end }: Element): Element[] => {
  const children: Element[] = [];
  for (let at = content; at < end;) {
    const child = elementAt(bytes, at, end);
    children.push(child);
    at = child.end;
  }
  return children;
};

/** The element itself, header included. */
export const rawOf = ({ bytes, start, end }: Element): Buffer => bytes.subarray(start, end);

export const contentOf = ({ bytes, content, end }: Element): Buffer => bytes.subarray(content, end);

/** Content octets in lower-case hex: how identifiers are compared. */
export const hexOf = ({ bytes, content, end }: Element): string => bytes.toString('hex', content, end);

/** The content of a BIT STRING of whole octets; undefined when it isn't one. */
export const wholeOctets = ({ bytes, tag, content, end }: Element): Buffer | undefined =>
  tag === 0x03 && end > content && bytes[content] === 0 ? bytes.subarray(content + 1, end) : undefined;
