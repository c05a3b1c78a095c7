import type { Ledger } from '@cartulary/ledger';

/** How long a request can be repeated under its Idempotency-Key. */
const KEPT_MS = 24 * 3_600_000;

/** Forgets the keys that are too old to be repeated; resolves to their number. */
export const forgetIdempotencyKeys = (ledger: Ledger, now: Date): Promise<number> =>
  ledger.pruneIdempotency(new Date(now.getTime() - KEPT_MS));
