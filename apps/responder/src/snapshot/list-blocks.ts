import type { DumpedList } from '@cartulary/service';
import type { BlockReader, BlockWriter } from './block-file.js';

type Pieces = DumpedList['revoked'];

/** Pieces in one block: about 6 000 entries. */
const TOGETHER = 64;

/** For each piece: entries and octets (4 each), the entries' times and positions (8 each), the octets. */
const encode = (pieces: Pieces): Buffer => {
  const parts = pieces.map(({ bytes, notAfter, since }) => {
    const head = Buffer.alloc(8 + notAfter.length * 16);
    head.writeUInt32LE(notAfter.length, 0);
    head.writeUInt32LE(bytes.length, 4);
    for (const [index, number] of [...notAfter, ...since].entries()) head.writeDoubleLE(number, 8 + index * 8);
    return [head, bytes];
  });
  return Buffer.concat(parts.flat());
};

const decode = (block: Buffer): Pieces => {
  const pieces: Pieces[number][] = [];
  for (let at = 0; at < block.length;) {
    const [entries, octets] = [block.readUInt32LE(at), block.readUInt32LE(at + 4)];
    const from = at + 8 + entries * 16;
    const numbers = Array.from({ length: 2 * entries }, (_, index) => block.readDoubleLE(at + 8 + index * 8));
    const [notAfter, since] = [numbers.slice(0, entries), numbers.slice(entries)];
    pieces.push({ bytes: block.subarray(from, from + octets), notAfter, since });
    at = from + octets;
  }
  return pieces;
};

export const blocksOf = ({ revoked }: Pick<DumpedList, 'revoked'>): number => Math.ceil(revoked.length / TOGETHER);

export const writePieces = async (file: BlockWriter, { revoked }: Pick<DumpedList, 'revoked'>): Promise<void> => {
  for (let from = 0; from < revoked.length; from += TOGETHER) {
    await file.block(encode(revoked.slice(from, from + TOGETHER)));
  }
};

export const readPieces = async (file: BlockReader, blocks: number): Promise<Pieces> => {
  const pieces: Pieces[number][] = [];
  for (let index = 0; index < blocks; index++) pieces.push(...decode(await file.block()));
  return pieces;
};
