import { createHash } from 'node:crypto';
import { generalizedTime } from '../asn1/der-time.js';
import { BackWriter } from '../asn1/back-writer.js';
import { context, enumerated, objectIdentifier, octetString, sequence } from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { signatureIdentifier } from '../asn1/signature-identifier.js';
import { certificateFacts } from '../certificate/facts.js';
import { crlReasonCodes, type CrlReason } from '../crl/revoked-entry.js';
import { OcspError } from '../errors.js';
import { signatureAlgorithmFor, type SignatureAlgorithm } from '../signer/key-algorithm.js';
import { publicKeyBits } from '../signer/public-key.js';
import { type Signer } from '../signer/signer.js';
import { encodeNonce } from './ocsp-request.js';

/** A held certificate is revoked with certificateHold. */
export type OcspStatus =
  | { readonly type: 'good' }
  | { readonly type: 'unknown' }
  | { readonly type: 'revoked'; readonly revokedAt: Date; readonly reason?: CrlReason };

export interface SingleResponse {
  /** CertID, DER, echoed. */
  readonly certId: Buffer;
  readonly status: OcspStatus;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

export interface OcspResponseTemplate {
  /** The responder's public key, for the responderID by key. */
  readonly responderSpki: Buffer;
  readonly producedAt: Date;
  readonly responses: readonly SingleResponse[];
  readonly nonce?: Buffer;
}

const times = new Map<number, Buffer>();
const mostTimes = 64;

// The same few of a second or heartbeat, all the time.
const timeOf = (date: Date): Buffer => {
  const second = Math.floor(date.getTime() / 1_000);
  const known = times.get(second);
  if (known) return known;
  const encoded = generalizedTime(date);
  if (times.size >= mostTimes) times.clear();
  times.set(second, encoded);
  return encoded;
};

const responderIds = new WeakMap<Buffer, Buffer>();

/**
 * The responder is named by its key, SHA-1 as the RFC has it: names were confused with leaves' by some clients. By the
 * identity of the key's bytes, which must not change.
 */
const responderIdOf = (spki: Buffer): Buffer => {
  const known = responderIds.get(spki);
  if (known) return known;
  const keyHash = createHash('sha1').update(publicKeyBits(spki)).digest();
  const encoded = context(2, octetString(keyHash));
  responderIds.set(spki, encoded);
  return encoded;
};

const putStatus = (writer: BackWriter, status: OcspStatus): void => {
  const { mark } = writer;
  if (status.type !== 'revoked') return writer.header(status.type === 'good' ? 0x80 : 0x82, mark);
  const { revokedAt, reason = 'unspecified' } = status;
  if (reason !== 'unspecified') writer.put(context(0, enumerated(crlReasonCodes[reason])));
  writer.put(timeOf(revokedAt));
  writer.header(0xa1, mark);
};

const putSingle = (writer: BackWriter, { certId, status, thisUpdate, nextUpdate }: SingleResponse): void => {
  const { mark } = writer;
  writer.put(timeOf(nextUpdate));
  writer.header(0xa0, mark);
  writer.put(timeOf(thisUpdate));
  putStatus(writer, status);
  writer.put(certId);
  writer.header(0x30, mark);
};

/** Octets of headers, times, status and reason around a certId, at most; of everything but the responses. */
const singleOverhead = 96;
const tbsOverhead = 128;

/** ResponseData, DER (RFC 6960, section 4.2.1). */
export const buildTbsResponseData = ({ responderSpki, producedAt, responses, nonce }: OcspResponseTemplate): Buffer => {
  let octets = tbsOverhead + (nonce?.length ?? 0);
  for (const { certId } of responses) octets += singleOverhead + certId.length;
  const writer = new BackWriter(octets);
  const { mark } = writer;
  if (nonce) {
    writer.put(encodeNonce(nonce));
    writer.header(0x30, mark);
    writer.header(0xa1, mark);
  }
  const list = writer.mark;
  for (let index = responses.length - 1; index >= 0; index--) putSingle(writer, responses[index]!);
  writer.header(0x30, list);
  writer.put(timeOf(producedAt));
  writer.put(responderIdOf(responderSpki));
  writer.header(0x30, mark);
  return writer.finish();
};

const successful = enumerated(0);
const basicType = objectIdentifier(oid.ocspBasic);
const frameOverhead = 64;

/** The whole OCSPResponse, DER. */
export const assembleOcspResponse = (
  tbs: Buffer,
  algorithm: SignatureAlgorithm,
  signature: Buffer,
  certificates: readonly Buffer[],
): Buffer => {
  const identifier = signatureIdentifier(algorithm);
  let octets = frameOverhead + tbs.length + identifier.length + signature.length;
  for (const { length } of certificates) octets += length;
  const writer = new BackWriter(octets);
  const { mark } = writer;
  if (certificates.length > 0) {
    for (let index = certificates.length - 1; index >= 0; index--) writer.put(certificates[index]!);
    writer.header(0x30, mark);
    writer.header(0xa0, mark);
  }
  const bits = writer.mark;
  writer.put(signature);
  writer.octet(0);
  writer.header(0x03, bits);
  writer.put(identifier);
  writer.put(tbs);
  writer.header(0x30, mark);
  writer.header(0x04, mark);
  writer.put(basicType);
  writer.header(0x30, mark);
  writer.header(0xa0, mark);
  writer.put(successful);
  writer.header(0x30, mark);
  return writer.finish();
};

export interface OcspResponder {
  readonly keyId: string;
  /** The delegated certificate, DER. */
  readonly certificate: Buffer;
}

/** Builds, signs and assembles; the delegated certificate goes along. Resolves to DER. */
export const signOcspResponse = async (
  template: Omit<OcspResponseTemplate, 'responderSpki'>,
  { keyId, certificate }: OcspResponder,
  signer: Signer,
): Promise<Buffer> => {
  const key = await signer.key(keyId);
  if (certificateFacts(certificate).keyHash !== key.keyHash) {
    throw new OcspError('OCSP_UNTRUSTED_RESPONSE', 'the delegated certificate is for another key');
  }
  const toBeSigned = buildTbsResponseData({ ...template, responderSpki: key.spki });
  const signature = await signer.sign({ keyId, usage: 'ocsp', toBeSigned, certificate });
  return assembleOcspResponse(toBeSigned, signatureAlgorithmFor(key.algorithm), signature, [certificate]);
};

export type OcspErrorStatus = 'malformedRequest' | 'internalError' | 'tryLater' | 'sigRequired' | 'unauthorized';

export const ocspErrorCodes: Readonly<Record<OcspErrorStatus, number>> = {
  malformedRequest: 1,
  internalError: 2,
  tryLater: 3,
  sigRequired: 5,
  unauthorized: 6,
};

/** The unsigned answer, DER (RFC 6960, section 2.3). */
export const ocspErrorResponse = (status: OcspErrorStatus): Buffer => sequence(enumerated(ocspErrorCodes[status]));
