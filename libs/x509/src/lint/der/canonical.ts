import { isUtf8 } from 'node:buffer';
import { type Element, elementAt } from './element.js';

const isBoolean = ({ bytes, content, end }: Element): boolean =>
  end - content === 1 && (bytes[content] === 0 || bytes[content] === 0xff);

const isInteger = ({ bytes, content, end }: Element): boolean => {
  if (end === content) return false;
  if (end === content + 1) return true;
  const first = bytes[content];
  const second = bytes[content + 1]!;
  return !(first === 0 && second < 0x80) && !(first === 0xff && second >= 0x80);
};

// X.690, 11.2.1: bits that are not used are zero.
const isBitString = ({ bytes, content, end }: Element): boolean => {
  if (end === content) return false;
  const unused = bytes[content]!;
  if (end === content + 1) return unused === 0;
  return unused < 8 && (bytes[end - 1]! & ((1 << unused) - 1)) === 0;
};

const isIdentifier = ({ bytes, content, end }: Element): boolean => {
  if (end === content || bytes[end - 1]! >= 0x80) return false;
  for (let at = content, first = true; at < end; at++) {
    if (first && bytes[at] === 0x80) return false;
    first = bytes[at]! < 0x80;
  }
  return true;
};

const printable = new Uint8Array(256);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?") {
  printable[character.charCodeAt(0)] = 1;
}
const isPrintable = ({ bytes, content, end }: Element): boolean => {
  for (let at = content; at < end; at++) if (printable[bytes[at]!] === 0) return false;
  return true;
};

const isAscii = ({ bytes, content, end }: Element): boolean => {
  for (let at = content; at < end; at++) if (bytes[at]! >= 0x80) return false;
  return true;
};

const primitiveProblem = (element: Element): string | undefined => {
  switch (element.tag) {
    case 0x01:
      return isBoolean(element) ? undefined : 'a BOOLEAN is not 00 or FF';
    case 0x02:
    case 0x0a:
      return isInteger(element) ? undefined : 'an INTEGER is not minimal';
    case 0x03:
      return isBitString(element) ? undefined : 'a BIT STRING is malformed or its unused bits are not zero';
    case 0x05:
      return element.end === element.content ? undefined : 'a NULL has content';
    case 0x06:
      return isIdentifier(element) ? undefined : 'an OBJECT IDENTIFIER is not minimal';
    case 0x0c:
      return isUtf8(element.bytes.subarray(element.content, element.end)) ? undefined : 'a UTF8String is not UTF-8';
    case 0x13:
      return isPrintable(element) ? undefined : 'a PrintableString has other characters';
    case 0x16:
      return isAscii(element) ? undefined : 'an IA5String has other characters';
    case 0x00:
    case 0x10:
    case 0x11:
      return 'a constructed type is primitive';
    default:
      return undefined;
  }
};

// X.690, 11.6: the elements of a SET OF ascend by their encodings.
const isSorted = (bytes: Buffer, previous: Element, next: Element): boolean =>
  bytes.compare(bytes, next.start, next.end, previous.start, previous.end) <= 0;

const maxDepth = 24;

const rangeProblem = (bytes: Buffer, start: number, end: number, isSet: boolean, depth: number): string | undefined => {
  if (depth > maxDepth) return 'the nesting is too deep';
  let previous: Element | undefined;
  for (let at = start; at < end;) {
    const element = elementAt(bytes, at, end);
    const problem = elementProblem(element, depth);
    if (problem !== undefined) return problem;
    if (isSet && previous && !isSorted(bytes, previous, element)) return 'a SET OF is not sorted';
    previous = element;
    at = element.end;
  }
  return undefined;
};

const elementProblem = (element: Element, depth: number): string | undefined => {
  const { bytes, tag, content, end } = element;
  if ((tag & 0x20) === 0) return primitiveProblem(element);
  // X.690, 10.2: strings are primitive; of the universal types only SEQUENCE and SET are constructed.
  if (tag < 0x80 && tag !== 0x30 && tag !== 0x31) return 'a primitive type is constructed';
  return rangeProblem(bytes, content, end, tag === 0x31, depth + 1);
};

/** What about the element, and everything in it, is BER and not DER. Throws DER_MALFORMED on broken lengths. */
export const canonicalProblem = (element: Element): string | undefined => elementProblem(element, 0);
