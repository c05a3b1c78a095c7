import type { Clock } from '@cartulary/runtime';
import { GrpcEdgeError } from './errors.js';

interface Bucket {
  tokens: number;
  at: number;
}

/** Callers that are remembered; who was not heard of for longest is forgotten, and starts with a full bucket. */
const CAPACITY = 20_000;

/** A bucket of tokens for each caller, filled at a steady rate. */
export class RateLimits {
  readonly #buckets = new Map<string, Bucket>();

  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    /** Calls a second, on average and at once. */
    private readonly limits: { readonly rate: number; readonly burst: number },
  ) {}

  /** Takes one. Throws GrpcEdgeError, with the time until there is one again. */
  spend(caller: string): void {
    const bucket = this.#bucket(caller);
    if (bucket.tokens < 1) {
      const ms = ((1 - bucket.tokens) / this.limits.rate) * 1_000;
      throw new GrpcEdgeError('TOO_MANY_REQUESTS', 'this credential calls too often', Math.max(ms, 1));
    }
    bucket.tokens -= 1;
  }

  /** Throws as `spend` does, and takes nothing. */
  demand(caller: string): void {
    const { tokens } = this.#bucket(caller);
    if (tokens < 1) throw new GrpcEdgeError('TOO_MANY_REQUESTS', 'too many failed attempts', 1_000);
  }

  get size(): number {
    return this.#buckets.size;
  }

  #bucket(caller: string): Bucket {
    const { rate, burst } = this.limits;
    const now = this.clock.now().getTime();
    const known = this.#buckets.get(caller);
    const bucket = known ?? { tokens: burst, at: now };
    // A clock that goes back fills nothing.
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1_000) * rate);
    bucket.at = now;
    this.#buckets.delete(caller);
    this.#buckets.set(caller, bucket);
    const oldest = this.#buckets.keys().next();
    if (this.#buckets.size > CAPACITY && !oldest.done) this.#buckets.delete(oldest.value);
    return bucket;
  }
}
