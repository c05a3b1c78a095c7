import { type FollowBatch } from '../types.js';

const BATCH_BYTES = 8 * 1_048_576;
const LONGEST_STEP = 1_000_000;

/** How far a follower's next read goes: by what the last ones found. */
export class FollowSteps {
  /** At most so many events. */
  events: number;
  /** Out of so many positions. */
  positions: number;

  /** `indexed`: what lies between the wanted events costs nothing, so that a read may pass over much. */
  constructor(
    private readonly batchSize: number,
    private readonly indexed: boolean,
  ) {
    this.events = batchSize;
    this.positions = batchSize;
  }

  learn({ events }: FollowBatch): void {
    const full = events.length >= this.events;
    if (events.length > 0) {
      // Events are alike for long stretches: as the last ones were, so many of the next fit in memory.
      const bytes = events.reduce((sum, { envelope }) => sum + envelope.length, 0);
      this.events = Math.max(1, Math.min(this.batchSize, Math.floor((BATCH_BYTES * events.length) / bytes)));
    }
    if (!this.indexed) this.positions = this.batchSize;
    // Neither are many found and left lying, nor few each time.
    else if (full) this.positions = Math.max(this.batchSize, Math.floor(this.positions / 2));
    else if (events.length < this.events / 4) this.positions = Math.min(LONGEST_STEP, this.positions * 4);
  }
}
