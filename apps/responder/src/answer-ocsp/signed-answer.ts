import { createHash } from 'node:crypto';
import {
  type OcspErrorStatus,
  ocspErrorResponse,
  type OcspRequest,
  type OcspStatus,
  signOcspResponse,
} from '@cartulary/x509';
import type { Delegate } from '../delegate/delegations.js';
import type { KnownStatus } from '../statuses/status-index.js';
import type { AnswerDates } from './answer-dates.js';

export interface OcspAnswer {
  /** OCSPResponse, DER. */
  readonly der: Buffer;
  /** The certificate's status, the worst of several, or the error: for counting. */
  readonly says: OcspStatus['type'] | OcspErrorStatus;
  /** Absent where no cache may keep it: errors, unknown certificates, answers to a nonce. */
  readonly caching?: AnswerDates & { readonly etag: string };
}

/** What is known of each certificate that was asked for, in the request's order; undefined: no such certificate. */
export type Known = readonly (KnownStatus | undefined)[];

/** A response and what it rests on. */
export interface SignedAnswer extends AnswerDates {
  readonly der: Buffer;
  readonly etag: string;
  readonly says: OcspStatus['type'];
  readonly revisions: Revisions;
  readonly signedAt: Date;
}

export type Revisions = readonly (number | undefined)[];

export const revisionsOf = (known: Known): Revisions => known.map((one) => one?.revision);

export const sameRevisions = (some: Revisions, others: Revisions): boolean =>
  some.length === others.length && some.every((revision, index) => revision === others[index]);

export const signAnswer = async (
  { certIds, nonce }: OcspRequest,
  known: Known,
  dates: AnswerDates,
  { signer, keyId, certificate }: Delegate,
  now: Date,
): Promise<SignedAnswer> => {
  const responses = certIds.map((certId, index) => ({
    certId: certId.der,
    status: known[index]?.status ?? { type: 'unknown' as const },
    ...dates,
  }));
  const template = { producedAt: now, responses, ...(nonce ? { nonce } : {}) };
  const der = await signOcspResponse(template, { keyId, certificate }, signer);
  return {
    ...dates,
    der,
    // RFC 5019, section 6.2, asks for SHA-1; it names the bytes and protects nothing.
    etag: `"${createHash('sha1').update(der).digest('hex')}"`,
    says: worst(known),
    revisions: revisionsOf(known),
    signedAt: now,
  };
};

export const answerOf = ({ der, says, etag, thisUpdate, nextUpdate }: SignedAnswer, nonce?: Buffer): OcspAnswer => ({
  der,
  says,
  ...(nonce || says === 'unknown' ? {} : { caching: { etag, thisUpdate, nextUpdate } }),
});

export const refusal = (status: OcspErrorStatus): OcspAnswer => ({ der: ocspErrorResponse(status), says: status });

const worst = (known: Known): OcspStatus['type'] => {
  if (known.some((one) => one === undefined)) return 'unknown';
  return known.some((one) => one?.status.type === 'revoked') ? 'revoked' : 'good';
};
