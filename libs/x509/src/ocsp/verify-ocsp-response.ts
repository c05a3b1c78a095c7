import { createHash, type KeyObject } from 'node:crypto';
import { context, octetString } from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import {
  extendedKeyUsageOf,
  keyUsageOf,
  parseCertificate,
  type ParsedCertificate,
} from '../certificate/parsed-certificate.js';
import { isSignedBy } from '../certificate/verify-chain.js';
import { OcspError } from '../errors.js';
import { publicKeyBits } from '../signer/public-key.js';
import { publicKeyFromSpki, verifySignature } from '../signer/verify-signature.js';
import { CertIdMatcher } from './cert-id-matcher.js';
import { readOcspResponse, type SignedOcspResponse, type SuccessfulOcspResponse } from './parse-ocsp-response.js';

export interface OcspVerification {
  readonly response: Buffer;
  /** DER. */
  readonly issuerCertificate: Buffer;
  readonly now: Date;
  /** What the request carried; the answer must echo it when given. */
  readonly nonce?: Buffer;
  /** Every one must be answered. */
  readonly serials?: readonly string[];
  /** Tolerated difference of clocks in seconds; 300 unless told. */
  readonly skewSeconds?: number;
}

const untrusted = (message: string): OcspError => new OcspError('OCSP_UNTRUSTED_RESPONSE', message);

const isNamedBy = ({ subjectName, spki }: ParsedCertificate, responderId: Buffer): boolean => {
  const keyHash = createHash('sha1').update(publicKeyBits(spki)).digest();
  return [context(1, subjectName), context(2, octetString(keyHash))].some((id) => id.equals(responderId));
};

// RFC 6960, section 4.2.2.2: the issuer itself, or whom that very issuer has delegated.
const isAuthorised = (signer: ParsedCertificate, issuer: ParsedCertificate, now: Date): boolean =>
  signer.der.equals(issuer.der) ||
  (signer.issuerName.equals(issuer.subjectName) &&
    extendedKeyUsageOf(signer)?.includes(oid.ocspSigning) === true &&
    keyUsageOf(signer)?.includes('digitalSignature') !== false &&
    signer.notBefore <= now &&
    now <= signer.notAfter &&
    isSignedBy(signer, issuer));

// What came along and can't be read, or holds a key that can't be used, is no responder's certificate.
const signerIn = (signed: SignedOcspResponse, issuer: ParsedCertificate, now: Date): KeyObject | undefined => {
  for (const certificate of [issuer.der, ...signed.response.certificates.slice(0, 10)]) {
    try {
      const candidate = parseCertificate(certificate);
      if (!isNamedBy(candidate, signed.responderId) || !isAuthorised(candidate, issuer, now)) continue;
      return publicKeyFromSpki(candidate.spki);
    } catch {
      continue;
    }
  }
  return undefined;
};

const checkSigner = (signed: SignedOcspResponse, issuerCertificate: Buffer, now: Date): void => {
  const key = signerIn(signed, parseCertificate(issuerCertificate), now);
  if (!key) throw untrusted('the signer is neither the issuer nor delegated by it');
  if (!verifySignature(signed.method, key, signed.tbs, signed.signature)) {
    throw untrusted('the signature of the answer is wrong');
  }
};

const checkAnswers = ({ responses, producedAt }: SuccessfulOcspResponse, input: OcspVerification): void => {
  const { now, skewSeconds = 300, issuerCertificate, serials = [] } = input;
  const matcher = new CertIdMatcher<true>();
  matcher.add(issuerCertificate, true);
  const skew = skewSeconds * 1000;
  if (producedAt.getTime() > now.getTime() + skew) throw untrusted('the answer is from the future');
  for (const { certId, thisUpdate, nextUpdate } of responses) {
    if (!matcher.match(certId)) throw untrusted('the answer is about another issuer');
    if (thisUpdate.getTime() > now.getTime() + skew) throw untrusted('the answer is not yet valid');
    if (nextUpdate && nextUpdate.getTime() < now.getTime() - skew) throw untrusted('the answer is out of date');
  }
  const missing = serials.find((serial) => !responses.some(({ certId }) => certId.serial === serial));
  if (missing !== undefined) throw untrusted(`there is no answer about ${missing}`);
};

/**
 * Checks signer and delegation, signature, dates, nonce and that what was asked is answered. An error status (tryLater
 * and so on) is untrusted: it is not signed. Throws OCSP_MALFORMED_RESPONSE, OCSP_UNTRUSTED_RESPONSE.
 */
export const verifyOcspResponse = (input: OcspVerification): SuccessfulOcspResponse => {
  const signed = readOcspResponse(input.response);
  if (typeof signed === 'string') throw untrusted(`the responder says ${signed}`);
  checkSigner(signed, input.issuerCertificate, input.now);
  checkAnswers(signed.response, input);
  if (input.nonce && signed.response.nonce?.equals(input.nonce) !== true) {
    throw untrusted('the answer does not carry the nonce of the request');
  }
  return signed.response;
};
