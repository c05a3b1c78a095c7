import { InvalidRequestError } from '@cartulary/access';

const refused = (): InvalidRequestError =>
  new InvalidRequestError([{ pointer: '/query/cursor', message: 'must be a nextCursor of this list' }]);

/** Where a sorted list goes on, by its last key: opaque to its readers, and of no use with another list. */
export class ListCursor {
  constructor(private readonly list: string) {}

  write(key: string): string {
    return Buffer.from(`${this.list}:${key}`).toString('base64url');
  }

  /** @throws InvalidRequestError for what `write` of this list has not written. */
  read(cursor: string): string {
    const text = Buffer.from(cursor, 'base64url').toString();
    if (text.startsWith(`${this.list}:`)) return text.slice(this.list.length + 1);
    throw refused();
  }
}

/** Of a list that is ordered by position. */
export class PositionCursor {
  readonly #cursor: ListCursor;

  constructor(list: string) {
    this.#cursor = new ListCursor(list);
  }

  write(position: number): string {
    return this.#cursor.write(String(position));
  }

  /** @throws InvalidRequestError for what `write` has not written. */
  read(cursor: string): number {
    const digits = this.#cursor.read(cursor);
    const position = Number(digits);
    if (/^[1-9]\d*$/.test(digits) && Number.isSafeInteger(position)) return position;
    throw refused();
  }
}
