import { checkStrictDer } from '../asn1/check-strict-der.js';
import { DerReader, malformed } from '../asn1/der-reader.js';
import { context, objectIdentifier, octetString, sequence } from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { firstDuplicate, readExtensions } from '../certificate/extension.js';
import { EncodingError, OcspError } from '../errors.js';
import { encodeCertId, readCertId, type CertId, type CertIdHash } from './cert-id.js';
import { readPlainRequest } from './plain-request.js';

export interface OcspRequest {
  /** At least one. */
  readonly certIds: readonly CertId[];
  /** 1 to 128 octets (RFC 9654, section 2.1). */
  readonly nonce?: Buffer;
}

export const maxOcspRequestBytes = 16 * 1024;
const maxCertIds = 100;

/** RFC 9654, section 2.1: an OCTET STRING of 1 to 128 octets. Throws DER_MALFORMED. */
export const decodeNonce = (value: Buffer): Buffer => {
  const reader = new DerReader(value);
  const nonce = reader.content(0x04);
  reader.finish();
  if (nonce.length < 1 || nonce.length > 128) throw malformed('a nonce has 1 to 128 octets');
  return nonce;
};

const readNonce = (wrapped: DerReader): Buffer | undefined => {
  const extensions = readExtensions(wrapped.enter());
  wrapped.finish();
  if (firstDuplicate(extensions) !== undefined) throw malformed('an extension occurs twice');
  if (extensions.some(({ oid: id, critical }) => critical && id !== oid.ocspNonce)) {
    throw malformed('a critical extension is not understood');
  }
  const extension = extensions.find(({ oid: id }) => id === oid.ocspNonce);
  return extension && decodeNonce(extension.value);
};

const readSingle = (request: DerReader): CertId => {
  const certId = readCertId(request);
  const wrapped = request.optional(0xa0);
  request.finish();
  const extensions = wrapped ? readExtensions(wrapped.enter()) : [];
  wrapped?.finish();
  if (extensions.some(({ critical }) => critical)) throw malformed('a critical extension is not understood');
  return certId;
};

/** Whatever is allowed. Throws DER_MALFORMED. */
export const readOcspRequest = (bytes: Buffer): OcspRequest => {
  checkStrictDer(bytes, { maxDepth: 12, maxElements: 4_000 });
  const outer = new DerReader(bytes).enter();
  const reader = outer.enter();
  // The answers are public: who asks makes no difference, so a signature (RFC 6960, section 4.1.2) is not verified.
  if (outer.tag === 0xa0) outer.raw();
  outer.finish();
  const version = reader.optional(0xa0);
  if (version && version.unsigned() !== 0n) throw malformed('not a version 1 request');
  version?.finish();
  if (reader.tag === 0xa1) reader.raw(); // requestorName: likewise
  const list = reader.enter();
  const certIds: CertId[] = [];
  while (!list.done) {
    if (certIds.length >= maxCertIds) throw malformed(`more than ${maxCertIds} certificates`);
    certIds.push(readSingle(list.enter()));
  }
  if (certIds.length === 0) throw malformed('no certificate is asked about');
  const wrapped = reader.optional(0xa2);
  reader.finish();
  const nonce = wrapped && readNonce(wrapped);
  return nonce ? { certIds, nonce } : { certIds };
};

/** RFC 6960, section 4.1.1. Throws OCSP_MALFORMED_REQUEST, whatever the bytes. */
export const parseOcspRequest = (bytes: Buffer): OcspRequest => {
  if (bytes.length > maxOcspRequestBytes) {
    throw new OcspError('OCSP_MALFORMED_REQUEST', `a request has at most ${maxOcspRequestBytes} bytes`);
  }
  const plain = readPlainRequest(bytes);
  if (plain) return plain;
  try {
    return readOcspRequest(bytes);
  } catch (error) {
    if (!(error instanceof EncodingError)) throw error;
    throw new OcspError('OCSP_MALFORMED_REQUEST', error.message, { cause: error });
  }
};

const invalidPath = (): OcspError => new OcspError('OCSP_MALFORMED_REQUEST', 'the path is not a request in base64');

/**
 * The request in a GET's raw path, without the responder's own prefix (RFC 6960, A.1): base64, then URL-encoded, with
 * what clients and proxies make of it: no padding, the URL-safe alphabet, '+' read as a space, slashes in front. Throws
 * OCSP_MALFORMED_REQUEST.
 */
export const decodeOcspGetPath = (path: string): Buffer => {
  if (path.length > maxOcspRequestBytes * 2) throw invalidPath();
  let text: string;
  try {
    text = decodeURIComponent(path);
  } catch {
    throw invalidPath();
  }
  // A request begins with 0x30, its base64 with 'M': slashes in front belong to the URL.
  const base64 = text
    .replace(/^\/+/, '')
    .replace(/ /g, '+')
    .replace(/-/g, '+')
    .replace(/_/g, '/')
    .replace(/={1,2}$/, '');
  const bytes = Buffer.from(base64, 'base64');
  if (base64 === '' || bytes.toString('base64').replace(/=+$/, '') !== base64) throw invalidPath();
  return bytes;
};

export interface OcspRequestOptions {
  readonly nonce?: Buffer;
  /** 'sha1' unless told: what every responder knows. */
  readonly hash?: CertIdHash;
}

/** DER. */
export const buildOcspRequest = (
  issuerCertificate: Buffer,
  serials: readonly string[],
  { nonce, hash = 'sha1' }: OcspRequestOptions = {},
): Buffer => {
  const list = serials.map((serial) => sequence(encodeCertId(issuerCertificate, serial, hash)));
  return sequence(sequence(sequence(...list), ...(nonce ? [context(2, sequence(encodeNonce(nonce)))] : [])));
};

/** The nonce extension, DER. */
export const encodeNonce = (nonce: Buffer): Buffer =>
  sequence(objectIdentifier(oid.ocspNonce), octetString(octetString(nonce)));
