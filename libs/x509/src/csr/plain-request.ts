import { formatName } from '../asn1/distinguished-name.js';
import { isDnsName } from '../certificate/dns-name.js';
import { parseSpiffeId } from '../certificate/spiffe-id.js';
import { SpiffeIdError } from '../errors.js';
import { p256SpkiOctets, p256SpkiPrefix } from '../signer/p256-spki.js';

/** A request of the form that nearly every workload sends; parts of its own bytes. */
export interface PlainRequest {
  /** CertificationRequestInfo: what is signed. */
  readonly info: Buffer;
  readonly subjectDer: Buffer;
  /** RFC 4514 text. */
  readonly subject: string;
  /** A P-256 key, named curve, uncompressed point. */
  readonly spki: Buffer;
  /** By ecdsa-with-SHA256; ECDSA-Sig-Value, not looked at. */
  readonly signature: Buffer;
  readonly uris: readonly string[];
  /** Lower case. */
  readonly dnsNames: readonly string[];
}

const version = Buffer.from('020100', 'hex');
const ecdsaWithSha256 = Buffer.from('300a06082a8648ce3d040302', 'hex');
const extensionRequest = Buffer.from('06092a864886f70d01090e', 'hex');
const subjectAltName = Buffer.from('0603551d11', 'hex');
const attributeType = Buffer.from('06035504', 'hex');

const startsWith = (bytes: Buffer, at: number, end: number, part: Buffer): boolean =>
  at + part.length <= end && bytes.compare(part, 0, part.length, at, at + part.length) === 0;

/** Where an element ends and its content begins, or nothing that is plain. */
class Cursor {
  content = 0;
  end = 0;

  constructor(private readonly bytes: Buffer) {}

  /** Stands on the element at `at`; false unless it has the tag, a minimal length and its end within `limit`. */
  on(tag: number, at: number, limit: number): boolean {
    const { bytes } = this;
    if (at + 2 > limit || bytes[at] !== tag) return false;
    const first = bytes[at + 1]!;
    let length = first;
    this.content = at + 2;
    if (first === 0x81 && at + 3 <= limit) {
      length = bytes[at + 2]!;
      if (length < 0x80) return false;
      this.content = at + 3;
    } else if (first === 0x82 && at + 4 <= limit) {
      length = bytes.readUInt16BE(at + 2);
      if (length < 0x100) return false;
      this.content = at + 4;
    } else if (first >= 0x80) return false;
    this.end = this.content + length;
    return this.end <= limit;
  }
}

// Letters, digits and what needs neither escaping in RFC 4514 nor thought in a PrintableString; no space at the ends.
const isPlainText = (bytes: Buffer, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    const letter = (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a);
    const inner = byte === 0x20 && at > start && at < end - 1;
    if (!letter && !inner && !(byte >= 0x30 && byte <= 0x39) && byte !== 0x2d && byte !== 0x2e) return false;
  }
  return end > start && end - start <= 64;
};

/** At most eight attributes of X.520, one a relative name, UTF8String or PrintableString of plain text. */
const isPlainName = (bytes: Buffer, start: number, end: number): boolean => {
  const cursor = new Cursor(bytes);
  let at = start;
  for (let count = 0; at < end; count++) {
    if (count === 8 || !cursor.on(0x31, at, end)) return false;
    const next = cursor.end;
    if (!cursor.on(0x30, cursor.content, next) || cursor.end !== next) return false;
    const type = cursor.content;
    if (!startsWith(bytes, type, next, attributeType) || bytes[type + 4]! >= 0x80) return false;
    const tag = bytes[type + 5];
    if ((tag !== 0x0c && tag !== 0x13) || !cursor.on(tag, type + 5, next) || cursor.end !== next) return false;
    if (!isPlainText(bytes, cursor.content, next)) return false;
    at = next;
  }
  return true;
};

const isSpiffeId = (uri: string): boolean => {
  try {
    parseSpiffeId(uri);
    return true;
  } catch (error) {
    if (error instanceof SpiffeIdError) return false;
    throw error;
  }
};

interface Names {
  readonly uris: string[];
  readonly dnsNames: string[];
}

/** Few enough for any bound on elements. */
const plainNames = 400;

const readNames = (bytes: Buffer, start: number, end: number, maxNames: number): Names | undefined => {
  const uris = new Set<string>();
  const dnsNames = new Set<string>();
  const cursor = new Cursor(bytes);
  for (let at = start, count = 1; at < end; at = cursor.end, count++) {
    if (count > maxNames || count > plainNames) return undefined;
    if (cursor.on(0x86, at, end)) {
      const uri = bytes.toString('latin1', cursor.content, cursor.end);
      if (!isSpiffeId(uri)) return undefined;
      uris.add(uri);
    } else if (cursor.on(0x82, at, end)) {
      const name = bytes.toString('latin1', cursor.content, cursor.end).toLowerCase();
      if (!isDnsName(name)) return undefined;
      dnsNames.add(name);
    } else return undefined;
  }
  return { uris: [...uris], dnsNames: [...dnsNames] };
};

/** The [0] attributes: none, or one request for one extension, the subjectAltName. */
const readAttributes = (bytes: Buffer, start: number, end: number, maxNames: number): Names | undefined => {
  if (start === end) return { uris: [], dnsNames: [] };
  const cursor = new Cursor(bytes);
  if (!cursor.on(0x30, start, end) || cursor.end !== end) return undefined;
  const type = cursor.content;
  if (!startsWith(bytes, type, end, extensionRequest)) return undefined;
  // SET, Extensions, Extension: each the only one, so all end where the attributes do.
  let at = type + extensionRequest.length;
  for (const tag of [0x31, 0x30, 0x30]) {
    if (!cursor.on(tag, at, end) || cursor.end !== end) return undefined;
    at = cursor.content;
  }
  if (!startsWith(bytes, at, end, subjectAltName)) return undefined;
  at += subjectAltName.length;
  if (cursor.on(0x01, at, end)) {
    if (cursor.end - cursor.content !== 1 || bytes[cursor.content] !== 0xff) return undefined;
    at = cursor.end;
  }
  for (const tag of [0x04, 0x30]) {
    if (!cursor.on(tag, at, end) || cursor.end !== end) return undefined;
    at = cursor.content;
  }
  return readNames(bytes, at, end, maxNames);
};

/**
 * Reads a CertificationRequest (RFC 2986, section 4) by offsets, without an object for each element. Undefined for
 * whatever is not plain, well formed or not: then the thorough reader decides, and says why.
 */
export const readPlainRequest = (der: Buffer, maxNames: number): PlainRequest | undefined => {
  const cursor = new Cursor(der);
  if (!cursor.on(0x30, 0, der.length) || cursor.end !== der.length) return undefined;
  const infoStart = cursor.content;
  if (!cursor.on(0x30, infoStart, der.length)) return undefined;
  const { content: versionStart, end: infoEnd } = cursor;
  if (!startsWith(der, versionStart, infoEnd, version)) return undefined;

  const subjectStart = versionStart + version.length;
  if (!cursor.on(0x30, subjectStart, infoEnd)) return undefined;
  const spkiStart = cursor.end;
  if (!isPlainName(der, cursor.content, spkiStart)) return undefined;
  const spkiEnd = spkiStart + p256SpkiOctets;
  if (spkiEnd > infoEnd || !startsWith(der, spkiStart, infoEnd, p256SpkiPrefix)) return undefined;
  // The attributes may be left out by old software; that is read thoroughly.
  if (!cursor.on(0xa0, spkiEnd, infoEnd) || cursor.end !== infoEnd) return undefined;
  const names = readAttributes(der, cursor.content, infoEnd, maxNames);
  if (!names || !startsWith(der, infoEnd, der.length, ecdsaWithSha256)) return undefined;

  const bitsStart = infoEnd + ecdsaWithSha256.length;
  if (!cursor.on(0x03, bitsStart, der.length) || cursor.end !== der.length) return undefined;
  if (cursor.content === der.length || der[cursor.content] !== 0) return undefined;
  const subjectDer = der.subarray(subjectStart, spkiStart);
  return {
    info: der.subarray(infoStart, infoEnd),
    subjectDer,
    subject: subjectDer.length === 2 ? '' : formatName(subjectDer),
    spki: der.subarray(spkiStart, spkiEnd),
    signature: der.subarray(cursor.content + 1),
    ...names,
  };
};
