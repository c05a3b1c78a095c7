import type { CertId, CertIdHash } from './cert-id.js';

interface PlainRequest {
  readonly certIds: readonly CertId[];
  readonly nonce?: Buffer;
}

interface Plain {
  readonly hash: CertIdHash;
  /** AlgorithmIdentifier, DER, as nearly everybody writes it: with NULL. */
  readonly identifier: Buffer;
  /** Octets. */
  readonly size: number;
}

const algorithms: readonly Plain[] = [
  { hash: 'sha1', identifier: Buffer.from('300906052b0e03021a0500', 'hex'), size: 20 },
  { hash: 'sha256', identifier: Buffer.from('300d06096086480165030402010500', 'hex'), size: 32 },
];
const nonceIdentifier = Buffer.from('06092b0601050507300102', 'hex');
const NOT_HERE = -1;

/** A place in the bytes. What it meets that it does not expect is NOT_HERE. */
class Walk {
  at = 0;

  constructor(private readonly bytes: Buffer) {}

  /** Steps to the element's content; where it ends. */
  into(tag: number, limit: number): number {
    const { bytes, at } = this;
    if (at + 3 > limit || bytes[at] !== tag) return NOT_HERE;
    let length = bytes[at + 1]!;
    let content = at + 2;
    if (length >= 0x80) {
      // Beyond 255 octets nothing is plain.
      if (length !== 0x81 || bytes[content]! < 0x80) return NOT_HERE;
      length = bytes[content++]!;
    }
    if (content + length > limit) return NOT_HERE;
    this.at = content;
    return content + length;
  }

  /** Steps over these very octets. */
  over(octets: Buffer, limit: number): boolean {
    const { bytes, at } = this;
    if (at + octets.length > limit) return false;
    for (let index = 0; index < octets.length; index++) if (bytes[at + index] !== octets[index]) return false;
    this.at += octets.length;
    return true;
  }

  /** Steps over an OCTET STRING of this size; its content. */
  octets(size: number, limit: number): Buffer | undefined {
    const end = this.into(0x04, limit);
    if (end - this.at !== size) return undefined;
    const content = this.bytes.subarray(this.at, end);
    this.at = end;
    return content;
  }
}

const readCertId = (bytes: Buffer, walk: Walk, limit: number): CertId | undefined => {
  const start = walk.at;
  if (walk.into(0x30, limit) !== limit) return undefined;
  const algorithm = algorithms.find(({ identifier }) => walk.over(identifier, limit));
  if (!algorithm) return undefined;
  const issuerNameHash = walk.octets(algorithm.size, limit);
  const issuerKeyHash = issuerNameHash && walk.octets(algorithm.size, limit);
  if (!issuerKeyHash || walk.into(0x02, limit) !== limit) return undefined;
  const [first, second] = [bytes[walk.at], bytes[walk.at + 1]!];
  // As ours are: positive, minimal, at most 20 octets; a first octet of zero is the sign's.
  if (first === undefined || first >= 0x80 || limit - walk.at > 20) return undefined;
  if (first === 0 && (limit - walk.at === 1 || second < 0x80)) return undefined;
  const serial = bytes.toString('hex', first === 0 ? walk.at + 1 : walk.at, limit);
  walk.at = limit;
  return { der: bytes.subarray(start, limit), hashAlgorithm: algorithm.hash, issuerNameHash, issuerKeyHash, serial };
};

const readNonce = (bytes: Buffer, walk: Walk, limit: number): Buffer | undefined => {
  for (const tag of [0xa2, 0x30, 0x30]) if (walk.into(tag, limit) !== limit) return undefined;
  if (!walk.over(nonceIdentifier, limit)) return undefined;
  for (const tag of [0x04, 0x04]) if (walk.into(tag, limit) !== limit) return undefined;
  return limit - walk.at <= 128 && limit > walk.at ? bytes.subarray(walk.at, limit) : undefined;
};

/**
 * A request as nearly all are: one certificate, SHA-1 or SHA-256, with a nonce or without, nothing else. Undefined where
 * it is another, or is no request: the general reader says what it is. What this reads, that reads the same.
 */
export const readPlainRequest = (bytes: Buffer): PlainRequest | undefined => {
  const walk = new Walk(bytes);
  const end = walk.into(0x30, bytes.length);
  if (end !== bytes.length || walk.into(0x30, end) !== end) return undefined;
  const list = walk.into(0x30, end);
  if (list === NOT_HERE || walk.into(0x30, list) !== list) return undefined;
  const certId = readCertId(bytes, walk, list);
  if (!certId) return undefined;
  if (list === end) return { certIds: [certId] };
  const nonce = readNonce(bytes, walk, end);
  return nonce && { certIds: [certId], nonce };
};
