import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** What ties log lines, events and answers to one another while a request or an event is handled. */
export interface Correlation {
  readonly requestId: string;
  /** Travels with everything that one request causes, across services. */
  readonly correlationId: string;
  /** The event that is being handled, if one is. */
  readonly causationId?: string;
  /** Who is calling, once that is known. */
  caller?: string;
}

const storage = new AsyncLocalStorage<Correlation>();
const acceptable = /^[A-Za-z0-9._:-]{1,64}$/;

/** The correlation of the work under way; undefined outside of any. */
export const correlation = (): Correlation | undefined => storage.getStore();

export const withCorrelation = <T>(context: Correlation, work: () => T): T => storage.run(context, work);

/** A new one, with the caller's own correlation id where it is of an acceptable form. */
export const newCorrelation = (correlationId?: string, causationId?: string): Correlation => {
  const requestId = randomUUID();
  const given = correlationId !== undefined && acceptable.test(correlationId) ? correlationId : requestId;
  return { requestId, correlationId: given, ...(causationId === undefined ? {} : { causationId }) };
};

/** Notes who is calling, for the access log. */
export const setCaller = (caller: string): void => {
  const context = storage.getStore();
  if (context) context.caller = caller;
};
