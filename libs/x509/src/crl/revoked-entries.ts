import { encodeSerial } from '../asn1/serial.js';
import { rememberLength } from './entry-pieces.js';
import { encodeRemovedEntry, encodeRevokedEntry, type RevokedEntry } from './revoked-entry.js';

/** Consecutive entries, as they are kept. */
export interface RevokedPiece {
  /** Encoded, one after another. */
  readonly bytes: Buffer;
  /** Of each entry's certificate, in milliseconds. */
  readonly notAfter: readonly number[];
  /** Position of the event that each entry is of. */
  readonly since: readonly number[];
}

/** What isn't revoked any more, for a delta. */
export interface RemovedEntry {
  /** Lower-case hex. */
  readonly serial: string;
  readonly removedAt: Date;
}

/** Some consecutive entries: their encodings one after another, and the times after which each may go. */
interface Chunk extends RevokedPiece {
  /** No entry's notAfter is before. */
  readonly earliest: number;
  /** No entry's `since` is behind. */
  readonly latest: number;
}

interface Kept {
  readonly notAfter: number;
  readonly since: number;
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

const chunkOf = (bytes: Buffer, notAfter: readonly number[], since: readonly number[]): Chunk => ({
  bytes,
  notAfter,
  since,
  earliest: notAfter.reduce((a, b) => Math.min(a, b), Infinity),
  latest: since.reduce((a, b) => Math.max(a, b), 0),
});

/**
 * The revoked certificates of one issuer, encoded and sorted by serial. Entries live in chunks of bounded size, so a
 * change costs the same among ten and among a million, and the memory is about that of the CRL itself.
 */
export class RevokedEntries {
  private readonly chunks: Chunk[] = [];
  /** Their bytes, in the same order: a CRL's pieces are a copy of this array. */
  private readonly encoded: Buffer[] = [];
  private count = 0;
  private octets = 0;
  /** No entry's notAfter is before. */
  private earliest = Infinity;

  /** What `pieces` gave. */
  static from(pieces: readonly RevokedPiece[]): RevokedEntries {
    const entries = new RevokedEntries();
    entries.replace(
      0,
      0,
      pieces.map(({ bytes, notAfter, since }) => chunkOf(bytes, notAfter, since)),
    );
    entries.count = pieces.reduce((sum, { notAfter }) => sum + notAfter.length, 0);
    return entries;
  }

  get size(): number {
    return this.count;
  }

  /** Adds or replaces; notAfter is the certificate's, for removeExpired, `since` a position, for changedSince. */
  set(entry: RevokedEntry, notAfter: Date, since = 0): void {
    this.insert(entry.serial, encodeRevokedEntry(entry), { notAfter: notAfter.getTime(), since });
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
    if (limit <= this.earliest) return 0;
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
      const since = chunk.since.filter((_, entry) => chunk.notAfter[entry]! >= limit);
      return pieces.length === 0 ? [] : [chunkOf(Buffer.concat(pieces), notAfter, since)];
    });
    this.earliest = Infinity;
    this.replace(0, this.chunks.length, kept);
    return sizeBefore - this.count;
  }

  /** Consecutive pieces for buildTbsCertList; later changes replace pieces and never write into them. */
  encode(): readonly Buffer[] {
    return rememberLength(this.encoded.slice(), this.octets);
  }

  /**
   * The entries of a delta, to be encoded: what was set after the position, and what was removed. Chunks in which
   * nothing has changed are passed over.
   */
  changedSince(position: number, removed: readonly RemovedEntry[]): RevokedEntries {
    const changes = new RevokedEntries();
    for (const { bytes, notAfter, since, latest } of this.chunks) {
      if (latest <= position) continue;
      const pieces: Buffer[] = [];
      for (let entry = 0, offset = 0; entry < since.length; entry++) {
        const end = entryEnd(bytes, offset);
        if (since[entry]! > position) pieces.push(bytes.subarray(offset, end));
        offset = end;
      }
      if (pieces.length === 0) continue;
      const kept = (times: readonly number[]): number[] => times.filter((_, entry) => since[entry]! > position);
      changes.replace(changes.chunks.length, 0, [chunkOf(Buffer.concat(pieces), kept(notAfter), kept(since))]);
      changes.count += pieces.length;
    }
    for (const entry of removed)
      changes.insert(entry.serial, encodeRemovedEntry(entry), { notAfter: 0, since: position });
    return changes;
  }

  /** All that is known, which later changes leave alone. */
  pieces(): readonly RevokedPiece[] {
    return [...this.chunks];
  }

  private insert(serial: string, encoded: Buffer, kept: Kept): void {
    const place = this.find(encodeSerial(serial));
    const chunk = this.chunks[place.chunk];
    if (!chunk) this.replace(0, 0, [chunkOf(encoded, [kept.notAfter], [kept.since])]);
    else this.splice(place, chunk, encoded, kept);
    if (!place.found) this.count++;
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

  private splice({ chunk: index, entry, offset, found }: Place, chunk: Chunk, encoded?: Buffer, kept?: Kept): void {
    const { bytes } = chunk;
    const rest = found ? entryEnd(bytes, offset) : offset;
    const times = spliced(chunk.notAfter, entry, found, kept?.notAfter);
    const since = spliced(chunk.since, entry, found, kept?.since);
    const joined = Buffer.concat([bytes.subarray(0, offset), ...(encoded ? [encoded] : []), bytes.subarray(rest)]);
    if (times.length > 0 && times.length <= maxEntries)
      this.replace(index, 1, [{ ...boundsWith(chunk, kept), bytes: joined, notAfter: times, since }]);
    else this.replace(index, 1, split(joined, times, since));
  }

  private replace(from: number, count: number, chunks: readonly Chunk[]): void {
    for (let index = from; index < from + count; index++) this.octets -= this.encoded[index]!.length;
    for (const { bytes, earliest } of chunks) {
      this.octets += bytes.length;
      this.earliest = Math.min(this.earliest, earliest);
    }
    if (chunks.length <= 2) {
      this.chunks.splice(from, count, ...chunks);
      this.encoded.splice(from, count, ...chunks.map(({ bytes }) => bytes));
      return;
    }
    // Many take the place of all that is from there on: too many for arguments.
    this.chunks.length = this.encoded.length = from;
    for (const chunk of chunks) {
      this.chunks.push(chunk);
      this.encoded.push(chunk.bytes);
    }
  }
}

// Without a look at the other entries: the bounds may be wider than they need to be.
const boundsWith = ({ earliest, latest }: Chunk, kept: Kept | undefined): Pick<Chunk, 'earliest' | 'latest'> =>
  kept ? { earliest: Math.min(earliest, kept.notAfter), latest: Math.max(latest, kept.since) } : { earliest, latest };

const spliced = (numbers: readonly number[], at: number, found: boolean, value: number | undefined): number[] => {
  const copy = numbers.slice();
  if (value === undefined) copy.splice(at, 1);
  else if (found) copy[at] = value;
  else copy.splice(at, 0, value);
  return copy;
};

const split = (bytes: Buffer, notAfter: readonly number[], since: readonly number[]): Chunk[] => {
  if (notAfter.length === 0) return [];
  // Serials are random, so halves fill evenly; in ascending order (a fold from a snapshot) chunks stay half full.
  const half = notAfter.length >> 1;
  let offset = 0;
  for (let entry = 0; entry < half; entry++) offset = entryEnd(bytes, offset);
  return [
    chunkOf(bytes.subarray(0, offset), notAfter.slice(0, half), since.slice(0, half)),
    chunkOf(bytes.subarray(offset), notAfter.slice(half), since.slice(half)),
  ];
};
