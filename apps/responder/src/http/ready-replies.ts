import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Clock, Metrics } from '@cartulary/runtime';
import { Settings } from '@cartulary/service';
import { AnswerCache } from '../answer-ocsp/answer-cache.js';
import { OcspResponder } from '../answer-ocsp/ocsp-responder.js';
import type { KeptAnswer, OcspAnswer } from '../answer-ocsp/signed-answer.js';
import type { Reply } from './reply.js';

interface Ready {
  readonly answer: KeptAnswer;
  /** Names and values in turn, as they are written. */
  readonly headers: readonly string[];
  /** Latin-1: head and body then leave in one piece, which costs less than two. */
  readonly body: string;
  /** Until when the headers say how long caches may keep it. */
  readonly until: number;
  /** How often it was given. */
  given: number;
  presigning: boolean;
}

const MAX_OCTETS = 32 * 2 ** 20;
/** What an entry takes beside its octets, about. */
const OVERHEAD = 1_024;
/** Given this often, it is asked for all the time. */
const HOT = 16;
/** Of its life, after which a hot one is signed anew. */
const PRESIGN_AFTER = 0.8;

/**
 * Replies to OCSP requests that came before in the very same octets: nothing is parsed, and nothing is made anew but the
 * check that the answer still holds. Whatever is not here goes the long way.
 */
@Injectable()
export class ReadyReplies {
  readonly #replies = new AnswerCache<Ready>(
    MAX_OCTETS,
    ({ body, headers }, key) => OVERHEAD + key.length + body.length + headers.length * 16,
  );
  #given = 0;

  constructor(
    private readonly ocsp: OcspResponder,
    private readonly settings: Settings,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    const requests = metrics.counter('responder_requests_total', {
      help: 'Requests of relying parties',
      labels: ['kind', 'status'],
    });
    const hits = metrics.counter('responder_ocsp_cache_hits_total', { help: 'Signed OCSP responses given once more' });
    metrics.beforeRender(() => {
      requests.inc({ kind: 'ocsp', status: 200 }, this.#given);
      hits.inc(this.#given);
      this.#given = 0;
    });
  }

  /** True: the response has been written. `asked` is a GET's target or a POST's body, as they came. */
  send(asked: string, response: ServerResponse): boolean {
    const ready = this.#replies.get(asked);
    if (!ready) return false;
    if (this.clock.now().getTime() > ready.until || !this.ocsp.stillHolds(ready.answer)) {
      this.#replies.delete(asked);
      return false;
    }
    response.writeHead(200, ready.headers as string[]).end(ready.body, 'latin1');
    this.#given++;
    if (++ready.given > HOT && !ready.presigning) this.#presign(asked, ready);
    return true;
  }

  /** What was answered just now, for the next time. */
  keep(asked: string, { kept, caching }: OcspAnswer, { headers, body }: Reply & { readonly body: Buffer }): void {
    if (!kept || !caching) return;
    const until = caching.nextUpdate.getTime() - this.settings.ocsp.maxAge;
    // Towards the end, each answer says of itself how long it may be kept.
    if (this.clock.now().getTime() > until) return;
    const written = Object.entries({ ...headers, 'Content-Length': body.length }).flatMap((pair) => pair.map(String));
    this.#replies.set(asked, {
      answer: kept,
      headers: written,
      body: body.toString('latin1'),
      until,
      given: 0,
      presigning: false,
    });
  }

  #presign(asked: string, ready: Ready): void {
    if (this.ocsp.ageOf(ready.answer) < PRESIGN_AFTER * this.settings.ocsp.maxAge) return;
    ready.presigning = true;
    void this.ocsp.presign(ready.answer).then(() => this.#replies.delete(asked));
  }
}
