import { certificateFacts, CrlError, parseCrl, type ParsedCrl, verifyCrl } from '@cartulary/x509';
import type { ReceivedCrl } from '../authority/authority.js';
import { TrustRefusedError } from './errors.js';

/** A complete CRL that was found good. */
export interface CheckedCrl {
  readonly issuerId: string;
  readonly number: bigint;
  readonly der: Buffer;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** The CA that signed it, DER: one of the authorities, the same bytes. */
  readonly issuer: Buffer;
}

export interface CrlContext {
  /** Every CA whose CRL this may be, DER. */
  readonly authorities: readonly Buffer[];
  /** The one that is in use. */
  readonly previous?: Pick<CheckedCrl, 'number'>;
  readonly now: Date;
}

const issuingDistributionPoint = '2.5.29.28';

const parsed = (der: Buffer): ParsedCrl => {
  if (der.length === 0) throw new TrustRefusedError('CRL_EMPTY', 'a CRL has no bytes');
  try {
    return parseCrl(der);
  } catch (error) {
    if (!(error instanceof CrlError)) throw error;
    throw new TrustRefusedError('CRL_MALFORMED', error.message, { cause: error });
  }
};

const issuerOf = (der: Buffer, { issuer, issuerName }: ParsedCrl, authorities: readonly Buffer[]): Buffer => {
  const named = authorities.filter((authority) => certificateFacts(authority).subjectName.equals(issuerName));
  if (named.length === 0) throw new TrustRefusedError('CRL_UNKNOWN_ISSUER', `${issuer} is no CA of the bundle`);
  // Two CAs may share a name: a root and the one that follows it.
  const signer = named.find((authority) => {
    try {
      verifyCrl(der, authority);
      return true;
    } catch (error) {
      if (error instanceof CrlError) return false;
      throw error;
    }
  });
  if (!signer) throw new TrustRefusedError('CRL_BAD_SIGNATURE', `no CA named ${issuer} has signed its CRL`);
  return signer;
};

/**
 * What must hold before a proxy gets it. Envoy takes a CRL that it can't read without a word and refuses everybody until
 * the next good one; an empty one silently switches revocation off (DESIGN §11.1–5). Throws TrustRefusedError.
 */
export const checkCrl = ({ issuerId, number, der }: ReceivedCrl, context: CrlContext): CheckedCrl => {
  const crl = parsed(der);
  const { previous, now } = context;
  if (crl.baseNumber !== undefined || crl.extensions.some(({ oid }) => oid === issuingDistributionPoint)) {
    throw new TrustRefusedError('CRL_NOT_COMPLETE', `the CRL of ${crl.issuer} is a delta or a part of one`);
  }
  if (crl.number === undefined || crl.nextUpdate === undefined) {
    throw new TrustRefusedError('CRL_MALFORMED', `the CRL of ${crl.issuer} has no number or no nextUpdate`);
  }
  if (crl.number !== number) throw new TrustRefusedError('CRL_NUMBER_OTHER', `announced ${number}, is ${crl.number}`);
  const issuer = issuerOf(der, crl, context.authorities);
  if (previous && crl.number < previous.number) {
    throw new TrustRefusedError('CRL_NUMBER_LOWER', `${crl.number} comes after ${previous.number}`);
  }
  if (now >= crl.nextUpdate) throw new TrustRefusedError('CRL_EXPIRED', `the CRL of ${crl.issuer} has ended`);
  if (now < crl.thisUpdate) {
    throw new TrustRefusedError('CRL_NOT_YET_VALID', `the CRL of ${crl.issuer} begins later: is this clock slow?`);
  }
  return { issuerId, number: crl.number, der, thisUpdate: crl.thisUpdate, nextUpdate: crl.nextUpdate, issuer };
};
