import type { SpiffeId } from '../identity/spiffe-id.js';
import type { DomainEvent } from '../shared/decider.js';
import { InvalidValueError } from '../shared/errors.js';
import type { IssuerId, Serial, Timestamp } from '../shared/ids.js';
import type { RenewalWindow } from './renewal-window.js';

declare const brand: unique symbol;
/** Name of an ordered rotation. */
export type RotationId = string & { readonly [brand]: 'RotationId' };

/** The one rotation that nobody orders: certificates whose own windows have opened. */
export const dueRotation = 'due' as RotationId;

export const parseRotationId = (text: string): RotationId => {
  if (!/^[0-9a-z]{12}$/.test(text)) {
    throw new InvalidValueError('rotationId', 'a rotation id is 12 letters and digits');
  }
  return text as RotationId;
};

/** What an operator can order to be replaced. */
export type OrderedSelector =
  | { readonly identity: SpiffeId }
  | { readonly namespace: string }
  | { readonly issuerId: IssuerId }
  | { readonly serials: readonly Serial[] };

/** Or: these, whose renewal windows have opened by `due`. */
export type DueSelector = { readonly due: Timestamp; readonly serials: readonly Serial[] };

/** How many certificates, each in exactly one of `replaced`, `ended` and `remaining`. */
export interface RotationProgress {
  readonly matched: number;
  /** Whose turn has come so far, whatever has become of them. */
  readonly due: number;
  /** Renewed: they have a successor. */
  readonly replaced: number;
  /** Revoked or expired without a successor. */
  readonly ended: number;
  readonly remaining: number;
}

/**
 * Every certificate that is live at this event's position and matches shall be replaced, each at its own moment of the
 * window (`rotationMoment`); without a window, now.
 */
export type RotationOrdered = DomainEvent<
  'RotationOrdered',
  {
    rotationId: RotationId;
    selector: OrderedSelector | DueSelector;
    window?: RenewalWindow;
    reasonHash?: string;
    orderedAt: Timestamp;
  }
>;
/** `due`: those whose turn has come since the last one. */
export type RotationProgressed = DomainEvent<
  'RotationProgressed',
  { rotationId: RotationId; progress: RotationProgress; due?: readonly Serial[]; progressedAt: Timestamp }
>;
/** None remains. */
export type RotationCompleted = DomainEvent<
  'RotationCompleted',
  { rotationId: RotationId; progress: RotationProgress; completedAt: Timestamp }
>;
export type RotationEvent = RotationOrdered | RotationProgressed | RotationCompleted;
