import type { CliContext } from '../context.js';
import { Verdict } from '../exit-codes.js';
import { explainEnd, type Service } from './service.js';

export const stopWith = (signal: AbortSignal, service: Pick<Service, 'stop'>): void => {
  if (signal.aborted) service.stop();
  else signal.addEventListener('abort', () => service.stop(), { once: true });
};

/** Waits for the end: asked for, it is a Verdict; otherwise an error that says what happened. */
export const endOf = async (context: CliContext, service: Pick<Service, 'ended'>, when: string): Promise<Error> => {
  const ended = await service.ended;
  if (context.signal.aborted) return new Verdict(ended.code === 0 ? 'ok' : 'refused');
  return explainEnd(ended, when);
};
