import { BasicOCSPResponse, OCSPResponse, type SingleResponse } from 'pkijs';
import { checkStrictDer } from '../asn1/check-strict-der.js';
import { DerReader, malformed } from '../asn1/der-reader.js';
import { parseTime } from '../asn1/der-time.js';
import { oid } from '../asn1/oid.js';
import { crlReasonOf } from '../crl/revoked-entry.js';
import { EncodingError, OcspError } from '../errors.js';
import { readSignatureMethod, type SignatureMethod } from '../signer/verify-signature.js';
import { readCertId, type CertId } from './cert-id.js';
import { decodeNonce } from './ocsp-request.js';
import { ocspErrorCodes, type OcspErrorStatus, type OcspStatus } from './ocsp-response.js';

export interface ParsedSingleResponse {
  readonly certId: CertId;
  readonly status: OcspStatus;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
}

export interface SuccessfulOcspResponse {
  readonly status: 'successful';
  readonly producedAt: Date;
  readonly responses: readonly ParsedSingleResponse[];
  readonly nonce?: Buffer;
  /** DER, as they came along. */
  readonly certificates: readonly Buffer[];
  readonly signatureAlgorithm: string;
}

export type ParsedOcspResponse = { readonly status: OcspErrorStatus } | SuccessfulOcspResponse;

/** What a verification needs besides. */
export interface SignedOcspResponse {
  readonly response: SuccessfulOcspResponse;
  readonly tbs: Buffer;
  /** The ResponderID's element, tag included: [1] a Name or [2] a key hash. */
  readonly responderId: Buffer;
  readonly method: SignatureMethod;
  readonly signature: Buffer;
}

// The most that a client reads of an answer.
const maxBytes = 256 * 1024;
const limits = { maxDepth: 24, maxElements: 50_000 };

// pkijs leaves the CHOICE as an asn1js element.
const readStatus = (element: { toBER(): ArrayBuffer }): OcspStatus => {
  const reader = new DerReader(Buffer.from(element.toBER()));
  if (reader.tag === 0x80) return { type: 'good' };
  if (reader.tag === 0x82) return { type: 'unknown' };
  const revoked = reader.enter(0xa1);
  const revokedAt = parseTime(0x18, revoked.content(0x18).toString('latin1'));
  if (revoked.done) return { type: 'revoked', revokedAt };
  const reason = crlReasonOf(revoked.enter(0xa0).content(0x0a)[0] ?? -1);
  if (reason === undefined || reason === 'removeFromCRL') throw malformed('an answer has an unknown reason');
  return { type: 'revoked', revokedAt, reason };
};

const readSingle = (single: SingleResponse): ParsedSingleResponse => ({
  certId: readCertId(new DerReader(Buffer.from(single.certID.toSchema().toBER()))),
  status: readStatus(single.certStatus as { toBER(): ArrayBuffer }),
  thisUpdate: single.thisUpdate,
  ...(single.nextUpdate ? { nextUpdate: single.nextUpdate } : {}),
});

const responderIdOf = (tbs: Buffer): Buffer => {
  const reader = new DerReader(tbs).enter();
  reader.optional(0xa0);
  return reader.raw();
};

const readBasic = (der: Buffer): SignedOcspResponse => {
  checkStrictDer(der, limits);
  const outer = new DerReader(der).enter();
  const tbs = outer.raw(0x30);
  const method = readSignatureMethod(outer.raw(0x30));
  const signature = outer.wholeBits();
  const certificates: Buffer[] = [];
  const list = outer.optional(0xa0)?.enter();
  while (list && !list.done) certificates.push(list.raw(0x30));
  outer.finish();
  const { tbsResponseData } = BasicOCSPResponse.fromBER(new Uint8Array(der));
  const extension = tbsResponseData.responseExtensions?.find(({ extnID }) => extnID === oid.ocspNonce);
  const nonce = extension && decodeNonce(Buffer.from(extension.extnValue.valueBlock.valueHexView));
  const response: SuccessfulOcspResponse = {
    status: 'successful',
    producedAt: tbsResponseData.producedAt,
    responses: tbsResponseData.responses.map(readSingle),
    ...(nonce ? { nonce } : {}),
    certificates,
    signatureAlgorithm: method.name,
  };
  return { response, tbs, responderId: responderIdOf(tbs), method, signature };
};

const readOuter = (bytes: Buffer): SignedOcspResponse | OcspErrorStatus => {
  if (bytes.length > maxBytes) throw malformed('the answer is too long');
  checkStrictDer(bytes, limits);
  const { responseStatus, responseBytes } = OCSPResponse.fromBER(new Uint8Array(bytes));
  const code = responseStatus.valueBlock.valueDec;
  if (code !== 0) {
    const status = (Object.keys(ocspErrorCodes) as OcspErrorStatus[]).find((name) => ocspErrorCodes[name] === code);
    if (!status) throw malformed('an answer has an unknown status');
    return status;
  }
  if (responseBytes?.responseType !== oid.ocspBasic) throw malformed('an answer is not a basic one');
  return readBasic(Buffer.from(responseBytes.response.valueBlock.valueHexView));
};

/** Throws OCSP_MALFORMED_RESPONSE, also where the library fails on bytes that are DER and no answer. */
export const readOcspResponse = (bytes: Buffer): SignedOcspResponse | OcspErrorStatus => {
  try {
    return readOuter(bytes);
  } catch (error) {
    const message = error instanceof EncodingError ? error.message : 'not an OCSP response';
    throw new OcspError('OCSP_MALFORMED_RESPONSE', message, { cause: error });
  }
};

/** Reads without verifying. Throws OCSP_MALFORMED_RESPONSE. */
export const parseOcspResponse = (bytes: Buffer): ParsedOcspResponse => {
  const read = readOcspResponse(bytes);
  return typeof read === 'string' ? { status: read } : read.response;
};
