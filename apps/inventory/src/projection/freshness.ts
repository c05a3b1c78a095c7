import { Injectable } from '@nestjs/common';
import { Ledger } from '@cartulary/ledger';
import { Progress } from './progress.js';

/** Lists are read-your-writes: what was in the ledger when the request came is in them, or `position` says otherwise. */
@Injectable()
export class Freshness {
  constructor(
    private readonly ledger: Ledger,
    private readonly progress: Progress,
  ) {}

  async await(): Promise<number> {
    const { position } = await this.ledger.head();
    return this.progress.reach(position);
  }
}
