import { InvalidValueError, type Timestamp, parseTimestamp } from '@cartulary/domain';
import type { Ledger, Position } from '@cartulary/ledger';

/** What is asked lies in the future of the ledger: nobody can say how it will be. */
export class AsOfBeyondHeadError extends Error {
  readonly code = 'AS_OF_BEYOND_HEAD';
  override get name(): string {
    return this.constructor.name;
  }
}

/** A moment of the past: everything up to the position had been committed, nothing behind it. */
export interface Moment {
  /** 0: before the first event. */
  readonly position: Position;
  /** What was over by then: certificates expire by the clock. */
  readonly time: Date;
}

/**
 * The moment that `asOf` names: a position, or an RFC 3339 time, which stands for the last position committed by then.
 * @throws InvalidValueError, AsOfBeyondHeadError
 */
export const momentOf = async (ledger: Ledger, asOf: string, now: Date): Promise<Moment> => {
  const head = await ledger.head();
  if (!/^\d{1,15}$/.test(asOf)) return atTime(ledger, parseTimestamp(asOf, 'asOf'), head.position, now);
  const position = Number(asOf);
  if (position > head.position) {
    throw new AsOfBeyondHeadError(`the ledger is at position ${head.position}, not yet at ${position}`);
  }
  const time = position === 0 ? new Date(0) : await committedAt(ledger, position);
  return { position, time: new Date(time) };
};

const atTime = async (ledger: Ledger, time: Timestamp, head: Position, now: Date): Promise<Moment> => {
  if (Date.parse(time) > now.getTime()) {
    throw new AsOfBeyondHeadError(`${time} has not come yet: it is ${now.toISOString()}`);
  }
  // Commit times never go back, so the last position by then is found by halving.
  let [known, beyond] = [0, head + 1];
  while (beyond - known > 1) {
    const middle = Math.floor((known + beyond) / 2);
    if ((await committedAt(ledger, middle)) <= time) known = middle;
    else beyond = middle;
  }
  return { position: known, time: new Date(time) };
};

const committedAt = async (ledger: Ledger, position: Position): Promise<string> => {
  const [event] = await ledger.readAll({ after: position - 1, limit: 1 });
  if (!event) throw new InvalidValueError('asOf', `the ledger has no position ${position}`);
  return event.committedAt;
};

/** The part of a stream's events that had happened by then. */
export const until = <Event extends { readonly position: Position }>(
  events: readonly Event[],
  moment: Pick<Moment, 'position'> | undefined,
): readonly Event[] => (moment ? events.filter(({ position }) => position <= moment.position) : events);
