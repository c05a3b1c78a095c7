import { InvalidRequestError } from '@cartulary/access';

const encode = (list: string, last: string | number): string =>
  Buffer.from(JSON.stringify([list, last])).toString('base64url');

const refuse = (): never => {
  throw new InvalidRequestError([{ pointer: '/query/cursor', message: 'must be a nextCursor of this list' }]);
};

const decode = (list: string, cursor: string): unknown => {
  try {
    const read: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(read) && read.length === 2 && read[0] === list ? read[1] : refuse();
  } catch {
    return refuse();
  }
};

/** Where the next page begins. Opaque to clients, and of one list only. */
export const positionCursor = (list: string) => ({
  of: (position: number): string => encode(list, position),
  read: (cursor: string | undefined): number | undefined => {
    if (cursor === undefined) return undefined;
    const position = decode(list, cursor);
    return typeof position === 'number' && Number.isSafeInteger(position) && position > 0 ? position : refuse();
  },
});

export const textCursor = (list: string) => ({
  of: (text: string): string => encode(list, text),
  read: (cursor: string | undefined): string | undefined => {
    if (cursor === undefined) return undefined;
    const text = decode(list, cursor);
    // Postgres's text holds no NUL.
    return typeof text === 'string' && !text.includes('\0') ? text : refuse();
  },
});
