import { MalformedError } from './errors.js';

/** Bits of each octet's code, and of EOS at the end: RFC 7541, appendix B. The code is canonical, so these are all of it. */
// prettier-ignore
const lengths = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];

const EOS = 256;
const LONGEST = 30;
const symbols = [...lengths.keys()].sort((a, b) => lengths[a]! - lengths[b]! || a - b);

/** For each length the first code, the number of codes, and where its symbols begin. */
const ranks = (() => {
  let [code, from] = [0, 0];
  return Array.from({ length: LONGEST + 1 }, (_, length) => {
    const count = length === 0 ? 0 : lengths.filter((each) => each === length).length;
    const rank = { first: code, count, from };
    [code, from] = [(code + count) * 2, from + count];
    return rank;
  });
})();

/** RFC 7541, section 5.2. Throws MalformedError. */
export const decodeHuffman = (bytes: Buffer): Buffer => {
  const out: number[] = [];
  let [code, length] = [0, 0];
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      length += 1;
      const { first, count, from } = ranks[length]!;
      if (code - first >= count) {
        if (length === LONGEST) throw new MalformedError('no such Huffman code');
        continue;
      }
      const symbol = symbols[from + code - first]!;
      if (symbol === EOS) throw new MalformedError('the end of a string in the midst of it');
      out.push(symbol);
      [code, length] = [0, 0];
    }
  }
  if (length > 7 || code !== 2 ** length - 1) throw new MalformedError('a string’s padding is not of ones');
  return Buffer.from(out);
};
