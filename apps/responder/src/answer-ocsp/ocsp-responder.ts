import { Injectable, Logger } from '@nestjs/common';
import { saysCompromise } from '@cartulary/domain';
import { Clock, Metrics } from '@cartulary/runtime';
import { type KnownIssuer, Settings } from '@cartulary/service';
import { OcspError, type OcspErrorStatus, parseOcspRequest } from '@cartulary/x509';
import { Delegations } from '../delegate/delegations.js';
import { ResponderState } from '../fold/responder-state.js';
import type { KnownStatus } from '../statuses/status-index.js';
import { AnswerCache } from './answer-cache.js';
import { answerDates } from './answer-dates.js';
import {
  answerOf,
  type KeptAnswer,
  type Known,
  type OcspAnswer,
  type Question,
  refusal,
  type Revisions,
  revisionsOf,
  sameRevisions,
  signAnswer,
  type SignedAnswer,
} from './signed-answer.js';
import { WaitingRoom } from './waiting-room.js';

interface Signing {
  readonly revisions: Revisions;
  readonly signed: Promise<SignedAnswer>;
}

const MAX_WAITING = 256;
const CACHE_OCTETS = 64 * 2 ** 20;
/** What changes while it is being signed is signed again; no certificate changes this often. */
const ATTEMPTS = 8;
/** Revision of all that an issuer that was cut off has issued: answers that were signed before do not hold any more. */
const CUT_OFF = -1;

/** Answers OCSP requests (RFC 6960, RFC 5019, RFC 9654) from the responder's state, with a delegated key. */
@Injectable()
export class OcspResponder {
  readonly #logger = new Logger(OcspResponder.name);
  readonly #waiting = new WaitingRoom(MAX_WAITING);
  readonly #cache = new AnswerCache<SignedAnswer>(CACHE_OCTETS, ({ der }, key) => der.length + key.length);
  readonly #underWay = new Map<string, Signing>();
  readonly #signatures;
  readonly #hits;

  constructor(
    private readonly state: ResponderState,
    private readonly delegations: Delegations,
    private readonly settings: Settings,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.#signatures = metrics.counter('responder_ocsp_signatures_total', { help: 'OCSP responses signed' });
    this.#hits = metrics.counter('responder_ocsp_cache_hits_total', { help: 'Signed OCSP responses given once more' });
    state.onChange(() => this.#waiting.look());
  }

  /**
   * Calls `send` once, whatever the bytes, in the same turn in which the answer was last checked against the state: no
   * revocation can be folded, and said to somebody else, between the check and the write of a "good".
   */
  async answer(bytes: Buffer, send: (answer: OcspAnswer) => void): Promise<void> {
    const question = this.#ask(bytes);
    if (typeof question === 'string') return send(refusal(question));
    if (this.#known(question).includes(undefined)) await this.#awaitNews(question);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const signed = await this.#cachedOrSigned(question).catch((error: unknown) => this.#failed(error));
      if (typeof signed === 'string') return send(refusal(signed));
      if (this.#holds(signed, question)) return send(answerOf(signed, question, this.state.changes));
    }
    send(refusal('tryLater'));
  }

  /** Whether it may be given once more in this very turn. */
  stillHolds(kept: KeptAnswer): boolean {
    const { signed, question } = kept;
    const { changes } = this.state;
    if (!this.#isYoung(signed)) return false;
    // Nothing has changed for anybody: what was found then would be found now.
    if (kept.seen === changes) return this.clock.now() < signed.nextUpdate;
    if (!this.#holds(signed, question)) return false;
    kept.seen = changes;
    return true;
  }

  /** Signs what is asked for all the time before it is too old, so that nobody waits for it. */
  async presign({ question }: KeptAnswer): Promise<void> {
    await this.#signOnce(question).catch((error: unknown) => this.#failed(error));
  }

  /** Milliseconds since it was signed. */
  ageOf({ signed }: KeptAnswer): number {
    return this.clock.now().getTime() - signed.signedAt.getTime();
  }

  #ask(bytes: Buffer): Question | OcspErrorStatus {
    try {
      const request = parseOcspRequest(bytes);
      const [issuerId, ...others] = request.certIds.map((certId) => this.state.certIds.match(certId));
      // Before we have caught up, no issuer is known for sure.
      if (!this.state.asOf) return 'tryLater';
      // RFC 6960, section 2.3: "not capable of responding authoritatively". One delegate answers for one issuer, so a
      // request that spans several has nobody to sign its answer.
      if (issuerId === undefined || others.some((other) => other !== issuerId)) return 'unauthorized';
      return { request, issuerId, key: request.certIds.map(({ der }) => der.toString('latin1')).join('') };
    } catch (error) {
      return error instanceof OcspError ? 'malformedRequest' : this.#failed(error);
    }
  }

  #failed(error: unknown): OcspErrorStatus {
    this.#logger.error(`an OCSP request failed: ${String(error)}`);
    return 'internalError';
  }

  #known({ request, issuerId }: Question): Known {
    const cutOff = cutOffStatus(this.state.issuers.get(issuerId));
    return request.certIds.map(({ serial }) => cutOff ?? this.state.statuses.find(issuerId, serial));
  }

  /** A certificate can be shown before its event gets here: waits until all that was there at our arrival is folded. */
  async #awaitNews(question: Question): Promise<void> {
    const arrived = this.clock.now();
    const settled = (): boolean => {
      const { asOf } = this.state;
      return !asOf || asOf > arrived || this.#known(question).every((known) => known !== undefined);
    };
    await this.#waiting.wait(settled, this.settings.heartbeat);
  }

  async #cachedOrSigned(question: Question): Promise<SignedAnswer | OcspErrorStatus> {
    const { request, key } = question;
    // Each nonce makes an answer of its own.
    if (request.nonce) return this.#sign(question) ?? 'tryLater';
    const cached = this.#cache.get(key);
    if (cached && this.#isYoung(cached) && this.#holds(cached, question)) {
      this.#hits.inc();
      return cached;
    }
    this.#cache.delete(key);
    return this.#signOnce(question);
  }

  /** Those who ask the same at the same time share one signature. */
  async #signOnce(question: Question): Promise<SignedAnswer | OcspErrorStatus> {
    const { key } = question;
    const revisions = revisionsOf(this.#known(question));
    const underWay = this.#underWay.get(key);
    if (underWay && sameRevisions(underWay.revisions, revisions)) return underWay.signed;
    const signed = this.#sign(question);
    if (!signed) return 'tryLater';
    const signing = { revisions, signed };
    this.#underWay.set(key, signing);
    try {
      const done = await signed;
      if (done.says !== 'unknown' && this.#holds(done, question)) this.#cache.set(key, done);
      return done;
    } finally {
      if (this.#underWay.get(key) === signing) this.#underWay.delete(key);
    }
  }

  /** Undefined: there is nothing to sign with, or what we know is too old. */
  #sign(question: Question): Promise<SignedAnswer> | undefined {
    const { request, issuerId } = question;
    const now = this.clock.now();
    const delegate = this.delegations.find(issuerId, now);
    const { asOf } = this.state;
    if (!delegate || !asOf) return undefined;
    const dates = answerDates({
      now,
      asOf,
      clockSkew: this.settings.clockSkew,
      validity: this.settings.ocsp.validity,
      issuerNotBefore: this.state.issuers.facts(issuerId).notBefore,
      signerNotAfter: delegate.notAfter,
    });
    if (now >= dates.nextUpdate) return undefined;
    this.#signatures.inc();
    return signAnswer(request, this.#known(question), dates, delegate, now);
  }

  #isYoung({ signedAt }: SignedAnswer): boolean {
    const age = this.clock.now().getTime() - signedAt.getTime();
    return age >= 0 && age < this.settings.ocsp.maxAge;
  }

  /** Whether nothing has happened to its certificates since, and its time has not run out. */
  #holds({ revisions, nextUpdate }: SignedAnswer, question: Question): boolean {
    return this.clock.now() < nextUpdate && sameRevisions(revisions, revisionsOf(this.#known(question)));
  }
}

/**
 * RFC 6960, section 2.7: of a CA whose key is compromised, "revoked" may be said of all certificates, also of those that
 * nobody has heard of: they may be forged.
 */
const cutOffStatus = ({ status, revocation }: KnownIssuer): KnownStatus | undefined => {
  if (status !== 'compromised' || !revocation) return undefined;
  const revokedAt = new Date(revocation.revokedAt);
  // Whatever happened to the CA's key, the certificate's own is not known to be in other hands.
  const said = saysCompromise(revocation.reason) ? 'cACompromise' : revocation.reason;
  const why = said === 'unspecified' ? {} : { reason: said };
  return { status: { type: 'revoked', revokedAt, ...why }, revision: CUT_OFF };
};
