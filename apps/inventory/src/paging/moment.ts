import { Injectable } from '@nestjs/common';
import { InvalidRequestError } from '@cartulary/access';
import { Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { momentOf } from '@cartulary/service';
import { ProblemError } from '../problem-error.js';
import { Freshness } from '../projection/freshness.js';

/** What a list is to show: how far it knows, and the moment that it is of. */
export interface Shown {
  /** Of the answer. */
  readonly position: number;
  /** Where the past is asked for. */
  readonly asOf?: number;
  readonly now: Date;
}

/** Settles which moment a list is of, and waits until the projection knows it. */
@Injectable()
export class Moments {
  constructor(
    private readonly ledger: Ledger,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
  ) {}

  /** `page` is where the page before ended: a time that is asked for again may mean a later position by now. */
  async shown(asOf: string | undefined, page?: { readonly asOf?: number }): Promise<Shown> {
    if (page && (page.asOf === undefined) !== (asOf === undefined)) {
      const message = 'must be a nextCursor of the same moment';
      throw new InvalidRequestError([{ pointer: '/query/cursor', message }]);
    }
    const now = this.clock.now();
    if (asOf === undefined) return { position: await this.freshness.await(), now };
    const moment = await momentOf(this.ledger, asOf, now);
    const position = Math.min(moment.position, page?.asOf ?? moment.position);
    const known = await this.freshness.await(position);
    // Less than all of the past would be a lie.
    if (known < position) throw new ProblemError('UNAVAILABLE', `the lists are at position ${known} only`);
    return { position, asOf: position, now: moment.time };
  }
}
