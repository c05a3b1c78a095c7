import type { DomainEvent } from '../shared/decider.js';

/**
 * Stands at a position that a restored ledger had given before to something else. What the world has seen of that, CRL
 * numbers above all, stays unique.
 */
export type PositionPassed = DomainEvent<'PositionPassed', { beyond: number }>;
