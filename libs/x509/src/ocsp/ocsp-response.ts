import { createHash } from 'node:crypto';
import { generalizedTime } from '../asn1/der-time.js';
import {
  bitString,
  context,
  contextPrimitive,
  enumerated,
  objectIdentifier,
  octetString,
  sequence,
} from '../asn1/der-writer.js';
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

const encodeStatus = (status: OcspStatus): Buffer => {
  if (status.type === 'good') return contextPrimitive(0, Buffer.alloc(0));
  if (status.type === 'unknown') return contextPrimitive(2, Buffer.alloc(0));
  const { revokedAt, reason = 'unspecified' } = status;
  const reasons = reason === 'unspecified' ? [] : [context(0, enumerated(crlReasonCodes[reason]))];
  return context(1, generalizedTime(revokedAt), ...reasons);
};

const encodeSingle = ({ certId, status, thisUpdate, nextUpdate }: SingleResponse): Buffer =>
  sequence(certId, encodeStatus(status), generalizedTime(thisUpdate), context(0, generalizedTime(nextUpdate)));

/**
 * ResponseData, DER (RFC 6960, section 4.2.1). The responder is named by its key, SHA-1 as the RFC has it: names were
 * confused with leaves' by some clients.
 */
export const buildTbsResponseData = ({ responderSpki, producedAt, responses, nonce }: OcspResponseTemplate): Buffer => {
  const keyHash = createHash('sha1').update(publicKeyBits(responderSpki)).digest();
  return sequence(
    context(2, octetString(keyHash)),
    generalizedTime(producedAt),
    sequence(...responses.map(encodeSingle)),
    ...(nonce ? [context(1, sequence(encodeNonce(nonce)))] : []),
  );
};

/** The whole OCSPResponse, DER. */
export const assembleOcspResponse = (
  tbs: Buffer,
  algorithm: SignatureAlgorithm,
  signature: Buffer,
  certificates: readonly Buffer[],
): Buffer => {
  const basic = sequence(
    tbs,
    signatureIdentifier(algorithm),
    bitString(signature),
    ...(certificates.length > 0 ? [context(0, sequence(...certificates))] : []),
  );
  return sequence(enumerated(0), context(0, sequence(objectIdentifier(oid.ocspBasic), octetString(basic))));
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
