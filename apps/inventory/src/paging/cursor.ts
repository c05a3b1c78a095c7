import { InvalidRequestError } from '@cartulary/access';

/** Where a page ended; of a list of the past, also when that was, so that every page is of one moment. */
export interface Place<Last> {
  readonly last: Last;
  readonly asOf?: number;
}

const refuse = (): never => {
  throw new InvalidRequestError([{ pointer: '/query/cursor', message: 'must be a nextCursor of this list' }]);
};

const isPosition = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const decode = (list: string, cursor: string): { last: unknown; asOf?: number } => {
  try {
    const read: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (!Array.isArray(read) || read[0] !== list || read.length < 2 || read.length > 3) return refuse();
    const [, last, asOf] = read as unknown[];
    if (read.length === 2) return { last };
    return isPosition(asOf) ? { last, asOf } : refuse();
  } catch {
    return refuse();
  }
};

/** Opaque to clients, and of one list only. */
const cursor = <Last extends string | number>(list: string, isLast: (value: unknown) => value is Last) => ({
  of: (last: Last, asOf?: number): string =>
    Buffer.from(JSON.stringify(asOf === undefined ? [list, last] : [list, last, asOf])).toString('base64url'),
  read: (text: string | undefined): Place<Last> | undefined => {
    if (text === undefined) return undefined;
    const { last, ...place } = decode(list, text);
    return isLast(last) ? { last, ...place } : refuse();
  },
});

export const positionCursor = (list: string) =>
  cursor(list, (value): value is number => isPosition(value) && value > 0);

// Postgres's text holds no NUL.
export const textCursor = (list: string) =>
  cursor(list, (value): value is string => typeof value === 'string' && !value.includes('\0'));
