import { InvalidRequestError } from '@cartulary/access';

/** Where a list that is ordered by position goes on: opaque to its readers, and of no use with another list. */
export class PositionCursor {
  constructor(private readonly list: string) {}

  write(position: number): string {
    return Buffer.from(`${this.list}:${position}`).toString('base64url');
  }

  /** @throws InvalidRequestError for what `write` has not written. */
  read(cursor: string): number {
    const [list, digits = '', ...more] = Buffer.from(cursor, 'base64url').toString().split(':');
    const position = Number(digits);
    const isOurs = list === this.list && more.length === 0 && /^[1-9]\d*$/.test(digits);
    if (isOurs && Number.isSafeInteger(position)) return position;
    throw new InvalidRequestError([{ pointer: '/query/cursor', message: 'must be a nextCursor of this list' }]);
  }
}
