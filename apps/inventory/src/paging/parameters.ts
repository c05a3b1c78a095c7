import { InvalidRequestError } from '@cartulary/access';
import { InvalidValueError } from '@cartulary/domain';

const refuse = (name: string, message: string): never => {
  throw new InvalidRequestError([{ pointer: `/query/${name}`, message }]);
};

/** A query parameter in the one form that is stored. What can't be read is a mistake of the request. */
export const parsed = <Value>(
  name: string,
  text: string | undefined,
  parse: (text: string) => Value,
): Value | undefined => {
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof InvalidValueError) return refuse(name, error.message);
    throw error;
  }
};

/** Printable ASCII, as identities and streams are; Postgres would choke on a NUL. */
export const plain = (name: string, text: string | undefined): string | undefined =>
  text === undefined || /^[\x20-\x7e]*$/.test(text) ? text : refuse(name, 'has characters that none can have');
