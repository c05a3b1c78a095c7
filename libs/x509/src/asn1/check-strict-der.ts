import { isUtf8 } from 'node:buffer';
import { checkInteger, decodeOid, DerReader, malformed } from './der-reader.js';

export interface DerLimits {
  readonly maxDepth: number;
  readonly maxElements: number;
}

const primitives: Readonly<Record<number, (content: Buffer) => boolean>> = {
  0x01: (content) => content.length === 1 && (content[0] === 0 || content[0] === 0xff),
  0x05: (content) => content.length === 0,
  0x03: (content) => content.length > 0 && content[0]! <= 7 && (content.length > 1 || content[0] === 0),
  0x0c: (content) => isUtf8(content),
  0x13: (content) => /^[A-Za-z0-9 '()+,\-./:=?*@&]*$/.test(content.toString('latin1')),
  0x16: (content) => content.every((byte) => byte < 0x80),
};

/**
 * Walks a whole element before any parser sees it: one element and nothing behind it, minimal definite lengths, well
 * formed primitives, nesting and number of elements bounded. Throws DER_MALFORMED.
 */
export const checkStrictDer = (bytes: Buffer, { maxDepth, maxElements }: DerLimits): void => {
  let elements = 0;
  const walk = (reader: DerReader, depth: number): void => {
    if (depth > maxDepth) throw malformed('nested too deeply');
    while (!reader.done) {
      if (++elements > maxElements) throw malformed('too many elements');
      const { tag } = reader;
      if (tag & 0x20) {
        // X.690, 10.2: strings are primitive; of the universal types only SEQUENCE and SET are constructed.
        if (tag < 0x80 && tag !== 0x30 && tag !== 0x31) throw malformed('a primitive type is constructed');
        walk(reader.enter(tag), depth + 1);
        continue;
      }
      if (tag === 0x10 || tag === 0x11 || tag === 0x00) throw malformed('a constructed type is primitive');
      const content = reader.content(tag);
      if (tag === 0x02 || tag === 0x0a) checkInteger(content);
      else if (tag === 0x06) decodeOid(content);
      else if (primitives[tag]?.(content) === false) throw malformed('a primitive value is malformed');
    }
  };
  const reader = new DerReader(bytes);
  const only = new DerReader(reader.raw());
  reader.finish();
  walk(only, 0);
};
