import { encodeSerial } from '../asn1/serial.js';
import { encodeRevokedEntry, type RevokedEntry } from './revoked-entry.js';

/** Consecutive entries, as they are kept. */
export interface RevokedPiece {
  /** Encoded, one after another. */
  readonly bytes: Buffer;
  /** Of each entry's certificate, in milliseconds. */
  readonly notAfter: readonly number[];
}

/** Some consecutive entries: their encodings one after another, and the times after which each may go. */
interface Chunk extends RevokedPiece {
  readonly earliest: number;
}

interface Place {
  readonly chunk: number;
  readonly entry: number;
  readonly offset: number;
  readonly found: boolean;
}

const maxEntries = 96;

// An entry is shorter than 128 octets: SEQUENCE and serial have one octet of length each.
const entryEnd = (bytes: Buffer, offset: number): number => offset + 2 + bytes[offset + 1]!;

// Serials are positive and minimal: the longer is the greater, equally long ones compare as they stand. Random ones
// differ in their first octets, where a loop is over before Buffer.compare has begun.
const compareSerial = (bytes: Buffer, offset: number, serial: Buffer): number => {
  const longer = bytes[offset + 3]! - serial[1]!;
  if (longer !== 0) return longer;
  for (let i = 2; i < serial.length; i++) {
    const order = bytes[offset + 2 + i]! - serial[i]!;
    if (order !== 0) return order;
  }
  return 0;
};

const chunkOf = (bytes: Buffer, notAfter: readonly number[]): Chunk => ({
  bytes,
  notAfter,
  earliest: notAfter.reduce((a, b) => Math.min(a, b), Infinity),
});

/**
 * The revoked certificates of one issuer, encoded and sorted by serial. Entries live in chunks of bounded size, so a
 * change costs the same among ten and among a million, and the memory is about that of the CRL itself.
 */
export class RevokedEntries {
  private readonly chunks: Chunk[] = [];
  private count = 0;

  /** What `pieces` gave. */
  static from(pieces: readonly RevokedPiece[]): RevokedEntries {
    const entries = new RevokedEntries();
    for (const { bytes, notAfter } of pieces) entries.chunks.push(chunkOf(bytes, notAfter));
    entries.count = pieces.reduce((sum, { notAfter }) => sum + notAfter.length, 0);
    return entries;
  }

  get size(): number {
    return this.count;
  }

  /** Adds or replaces; notAfter is the certificate's, for removeExpired. */
  set(entry: RevokedEntry, notAfter: Date): void {
    const encoded = encodeRevokedEntry(entry);
    const place = this.find(encodeSerial(entry.serial));
    const chunk = this.chunks[place.chunk];
    if (!chunk) this.chunks.push(chunkOf(encoded, [notAfter.getTime()]));
    else this.splice(place, chunk, encoded, notAfter.getTime());
    if (!place.found) this.count++;
  }

  /** True when it was there. */
  remove(serial: string): boolean {
    const place = this.find(encodeSerial(serial));
    const chunk = this.chunks[place.chunk];
    if (!chunk || !place.found) return false;
    this.splice(place, chunk);
    this.count--;
    return true;
  }

  has(serial: string): boolean {
    return this.find(encodeSerial(serial)).found;
  }

  /** Drops the certificates whose notAfter is before the time; returns how many. */
  removeExpired(before: Date): number {
    const limit = before.getTime();
    const sizeBefore = this.count;
    const kept = this.chunks.flatMap((chunk) => {
      if (chunk.earliest >= limit) return [chunk];
      const pieces: Buffer[] = [];
      for (let entry = 0, offset = 0; entry < chunk.notAfter.length; entry++) {
        const end = entryEnd(chunk.bytes, offset);
        if (chunk.notAfter[entry]! >= limit) pieces.push(chunk.bytes.subarray(offset, end));
        offset = end;
      }
      this.count -= chunk.notAfter.length - pieces.length;
      const notAfter = chunk.notAfter.filter((at) => at >= limit);
      return pieces.length === 0 ? [] : [chunkOf(Buffer.concat(pieces), notAfter)];
    });
    this.chunks.length = 0;
    for (const chunk of kept) this.chunks.push(chunk);
    return sizeBefore - this.count;
  }

  /** Consecutive pieces for buildTbsCertList; later changes replace pieces and never write into them. */
  encode(): readonly Buffer[] {
    return this.chunks.map(({ bytes }) => bytes);
  }

  /** All that is known, which later changes leave alone. */
  pieces(): readonly RevokedPiece[] {
    return [...this.chunks];
  }

  /** Where the serial (INTEGER, DER) is or belongs. */
  private find(serial: Buffer): Place {
    let low = 0;
    let high = this.chunks.length;
    // The last chunk that doesn't begin behind the serial.
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (compareSerial(this.chunks[middle]!.bytes, 0, serial) <= 0) low = middle;
      else high = middle;
    }
    const bytes = this.chunks[low]?.bytes;
    let entry = 0;
    let offset = 0;
    for (; bytes && offset < bytes.length; entry++) {
      const order = compareSerial(bytes, offset, serial);
      if (order >= 0) return { chunk: low, entry, offset, found: order === 0 };
      offset = entryEnd(bytes, offset);
    }
    return { chunk: low, entry, offset, found: false };
  }

  private splice({ chunk: index, entry, offset, found }: Place, chunk: Chunk, encoded?: Buffer, notAfter = 0): void {
    const { bytes } = chunk;
    const rest = found ? entryEnd(bytes, offset) : offset;
    const times = chunk.notAfter.toSpliced(entry, found ? 1 : 0, ...(encoded ? [notAfter] : []));
    const joined = Buffer.concat([bytes.subarray(0, offset), ...(encoded ? [encoded] : []), bytes.subarray(rest)]);
    if (times.length > 0 && times.length <= maxEntries) this.chunks[index] = chunkOf(joined, times);
    else this.chunks.splice(index, 1, ...split(joined, times));
  }
}

const split = (bytes: Buffer, notAfter: readonly number[]): Chunk[] => {
  if (notAfter.length === 0) return [];
  // Serials are random, so halves fill evenly; in ascending order (a fold from a snapshot) chunks stay half full.
  const half = notAfter.length >> 1;
  let offset = 0;
  for (let entry = 0; entry < half; entry++) offset = entryEnd(bytes, offset);
  return [
    chunkOf(bytes.subarray(0, offset), notAfter.slice(0, half)),
    chunkOf(bytes.subarray(offset), notAfter.slice(half)),
  ];
};
