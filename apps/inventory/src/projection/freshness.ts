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

  /** Waits for the ledger's end, or for a position of its past. */
  async await(position?: number): Promise<number> {
    return this.progress.reach(position ?? (await this.ledger.head()).position);
  }
}
