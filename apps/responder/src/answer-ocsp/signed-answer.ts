import { createHash } from 'node:crypto';
import type { IssuerId } from '@cartulary/domain';
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
  /** Present with `caching`. */
  readonly kept?: KeptAnswer;
}

/** What was asked, of one issuer's certificates. */
export interface Question {
  readonly request: OcspRequest;
  readonly issuerId: IssuerId;
  /** The certIds as sent. */
  readonly key: string;
}

/** An answer that may be given once more to whoever asks the same, while OcspResponder's `stillHolds` says so. */
export interface KeptAnswer {
  readonly question: Question;
  readonly signed: SignedAnswer;
  /** The state's `changes` when it was last held against the state. */
  seen: number;
}

/** What is known of each certificate that was asked for, in the request's order; undefined: no such certificate. */
export type Known = readonly (KnownStatus | undefined)[];

/** A response and what it rests on. */
export interface SignedAnswer extends AnswerDates {
  readonly der: Buffer;
  /** Empty in an answer to a nonce, which nobody keeps. */
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
    etag: nonce ? '' : `"${createHash('sha1').update(der).digest('hex')}"`,
    says: worst(known),
    revisions: revisionsOf(known),
    signedAt: now,
  };
};

/** `changes`: the state's, at this moment. */
export const answerOf = (signed: SignedAnswer, question: Question, changes: number): OcspAnswer => {
  const { der, says, etag, thisUpdate, nextUpdate } = signed;
  if (question.request.nonce || says === 'unknown') return { der, says };
  return { der, says, caching: { etag, thisUpdate, nextUpdate }, kept: { question, signed, seen: changes } };
};

export const refusal = (status: OcspErrorStatus): OcspAnswer => ({ der: ocspErrorResponse(status), says: status });

const worst = (known: Known): OcspStatus['type'] => {
  if (known.some((one) => one === undefined)) return 'unknown';
  return known.some((one) => one?.status.type === 'revoked') ? 'revoked' : 'good';
};
