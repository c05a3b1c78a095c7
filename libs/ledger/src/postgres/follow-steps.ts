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

  /** `found` events with so many octets of envelopes. */
  learn(found: number, octets: number): void {
    const full = found >= this.events;
    // Events are alike for long stretches: as the last ones were, so many of the next fit in memory.
    if (found > 0) this.events = Math.max(1, Math.min(this.batchSize, Math.floor((BATCH_BYTES * found) / octets)));
    if (!this.indexed) this.positions = this.batchSize;
    // Neither are many found and left lying, nor few each time.
    else if (full) this.positions = Math.max(this.batchSize, Math.floor(this.positions / 2));
    else if (found < this.events / 4) this.positions = Math.min(LONGEST_STEP, this.positions * 4);
  }
}
