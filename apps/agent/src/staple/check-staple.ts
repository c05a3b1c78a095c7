import { OcspError, type SuccessfulOcspResponse, verifyOcspResponse } from '@cartulary/x509';
import type { Svid } from '../workloads/svid.js';
import { StapleError } from './errors.js';

/** An answer of the responder that says of one certificate that it is good. */
export interface Staple {
  readonly der: Buffer;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

const verified = (response: Buffer, issuerCertificate: Buffer, serial: string, now: Date): SuccessfulOcspResponse => {
  try {
    return verifyOcspResponse({ response, issuerCertificate, now, serials: [serial] });
  } catch (error) {
    if (!(error instanceof OcspError)) throw error;
    const code = error.code === 'OCSP_MALFORMED_RESPONSE' ? 'STAPLE_MALFORMED' : 'STAPLE_UNTRUSTED';
    throw new StapleError(code, error.message, { cause: error });
  }
};

/**
 * What must hold before a proxy gets it: signed by the certificate's issuer or whom it has delegated, about this
 * certificate alone (Envoy takes no other), good, and with an end that lies ahead by this clock. Throws StapleError.
 */
export const checkStaple = (response: Buffer, { chain, serial }: Pick<Svid, 'chain' | 'serial'>, now: Date): Staple => {
  const issuer = chain[1];
  if (!issuer) throw new StapleError('STAPLE_UNTRUSTED', 'the issuer of the certificate is not known');
  const { responses } = verified(response, issuer, serial, now);
  const [single] = responses;
  if (!single || responses.length !== 1) {
    throw new StapleError('STAPLE_MALFORMED', 'the answer is about several certificates');
  }
  const { status, thisUpdate, nextUpdate } = single;
  if (status.type === 'revoked') throw new StapleError('STAPLE_REVOKED', 'the responder says that it was revoked');
  if (status.type === 'unknown') throw new StapleError('STAPLE_UNKNOWN', 'the responder does not know it');
  if (!nextUpdate) throw new StapleError('STAPLE_MALFORMED', 'the answer has no end');
  if (nextUpdate <= now) throw new StapleError('STAPLE_ENDED', `the answer has ended at ${nextUpdate.toISOString()}`);
  return { der: response, thisUpdate, nextUpdate };
};

const SOONEST_MS = 1_000;

/** When to ask again: a random moment from half to three quarters of what is left of it. `random` is from 0 to 1. */
export const refreshTime = ({ nextUpdate }: Staple, now: Date, random: number): Date => {
  const left = nextUpdate.getTime() - now.getTime();
  return new Date(now.getTime() + Math.max(left * (0.5 + random / 4), SOONEST_MS));
};
