import type { Decider } from '../shared/decider.js';
import { InvalidValueError, LifecycleError } from '../shared/errors.js';
import type { Serial, Timestamp } from '../shared/ids.js';
import {
  dueRotation,
  type OrderedSelector,
  type RotationEvent,
  type RotationId,
  type RotationOrdered,
  type RotationProgress,
} from './events.js';
import type { RenewalWindow } from './renewal-window.js';

export type RotationCommand =
  | {
      readonly type: 'OrderRotation';
      readonly rotationId: RotationId;
      readonly selector: OrderedSelector;
      readonly window: RenewalWindow;
      readonly now: Timestamp;
    }
  | {
      readonly type: 'ReportProgress';
      readonly rotationId: RotationId;
      readonly counts: Pick<RotationProgress, 'matched' | 'replaced' | 'ended'>;
      /** Whose turn has come since the last report. */
      readonly due: readonly Serial[];
      readonly now: Timestamp;
    };

export type RotationState =
  | { readonly status: 'unknown' }
  | { readonly status: 'ordered'; readonly order: RotationOrdered['data']; readonly progress?: RotationProgress }
  | {
      readonly status: 'completed';
      readonly order: RotationOrdered['data'];
      readonly progress: RotationProgress;
      readonly completedAt: Timestamp;
    };

export class RotationExistsError extends LifecycleError {
  readonly code = 'ROTATION_EXISTS';
  constructor(rotationId: string) {
    super(`rotation ${rotationId} was ordered already`);
  }
}
export class RotationNotFoundError extends LifecycleError {
  readonly code = 'ROTATION_NOT_FOUND';
  constructor(rotationId: string) {
    super(`no rotation with id ${rotationId}`);
  }
}

/** A serial is up to 43 bytes in an event's JSON (ours are 37), and an event holds at most 65 535. */
export const SERIALS_PER_EVENT = 1_400;
export const MOST_SERIALS_ORDERED = 1_000;

export const rotationDecider: Decider<RotationCommand, RotationEvent, RotationState> = {
  initial: { status: 'unknown' },

  decide: (command, state) => {
    const { rotationId, now } = command;
    if (command.type === 'OrderRotation') {
      if (state.status !== 'unknown') throw new RotationExistsError(rotationId);
      const { selector, window } = command;
      refuseMalformed(selector, window);
      return [{ type: 'RotationOrdered', data: { rotationId, selector, window, orderedAt: now } }];
    }
    if (state.status === 'unknown') throw new RotationNotFoundError(rotationId);
    if (state.status === 'completed') return [];
    const { counts, due } = command;
    const remaining = counts.matched - counts.replaced - counts.ended;
    const told = state.progress;
    const events: RotationEvent[] = [];
    let announced = told?.due ?? 0;
    for (const serials of chunksOf(due)) {
      announced += serials.length;
      const progress = { ...counts, due: announced, remaining };
      events.push({ type: 'RotationProgressed', data: { rotationId, progress, due: serials, progressedAt: now } });
    }
    const progress = { ...counts, due: announced, remaining };
    if (remaining === 0) {
      events.push({ type: 'RotationCompleted', data: { rotationId, progress, completedAt: now } });
    } else if (events.length === 0 && !isSame(told, progress)) {
      events.push({ type: 'RotationProgressed', data: { rotationId, progress, progressedAt: now } });
    }
    return events;
  },

  evolve: (state, event) => {
    switch (event.type) {
      case 'RotationOrdered':
        return state.status === 'unknown' ? { status: 'ordered', order: event.data } : state;
      case 'RotationProgressed':
        return state.status === 'ordered' ? { ...state, progress: event.data.progress } : state;
      case 'RotationCompleted': {
        const { progress, completedAt } = event.data;
        return state.status === 'ordered' ? { status: 'completed', order: state.order, progress, completedAt } : state;
      }
      default:
        return state;
    }
  },
};

/** Certificates whose own windows have opened, as orders to replace them now: long lists become several events. */
export const decideDue = (serials: readonly Serial[], now: Timestamp): RotationOrdered[] =>
  chunksOf(serials).map((some) => ({
    type: 'RotationOrdered',
    data: { rotationId: dueRotation, selector: { due: now, serials: some }, orderedAt: now },
  }));

const chunksOf = (serials: readonly Serial[]): Serial[][] =>
  Array.from({ length: Math.ceil(serials.length / SERIALS_PER_EVENT) }, (_, index) =>
    serials.slice(index * SERIALS_PER_EVENT, (index + 1) * SERIALS_PER_EVENT),
  );

const isSame = (one: RotationProgress | undefined, other: RotationProgress): boolean =>
  one !== undefined &&
  one.matched === other.matched &&
  one.due === other.due &&
  one.replaced === other.replaced &&
  one.ended === other.ended;

const refuseMalformed = (selector: OrderedSelector, { start, end }: RenewalWindow): void => {
  if (end < start) throw new InvalidValueError('window', 'a window ends after it begins');
  if (!('serials' in selector)) return;
  const { serials } = selector;
  if (serials.length === 0 || serials.length > MOST_SERIALS_ORDERED || new Set(serials).size !== serials.length) {
    throw new InvalidValueError('serials', `1 to ${MOST_SERIALS_ORDERED} serials, each once`);
  }
};
