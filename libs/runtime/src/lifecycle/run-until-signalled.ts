import { constants } from 'node:os';
import { exitCode } from '../exit-code.js';
import { type Shutdown } from './shutdown.js';

/** The part of `process` that is used here. */
export interface SignalSource {
  readonly connected?: boolean;
  on(event: string, listener: (value: unknown) => void): unknown;
  off(event: string, listener: (value: unknown) => void): unknown;
  exit(code: number): void;
}

/**
 * Waits for SIGTERM or SIGINT (or, when a parent started this process with an IPC channel, for the parent's end), closes
 * everything and exits: 0 when all closed in time, 1 when not, at once with 128 + n on a second signal.
 * An uncaught error closes and exits with 1.
 */
export const runUntilSignalled = async (shutdown: Shutdown, source: SignalSource = process): Promise<number> => {
  const listeners = new Map<string, (value: unknown) => void>();
  const reason = await new Promise<{ name: string; failed: boolean }>((resolve) => {
    let signalled = false;
    const onSignal = (name: 'SIGTERM' | 'SIGINT'): void => {
      if (signalled) source.exit(128 + constants.signals[name]);
      signalled = true;
      resolve({ name, failed: false });
    };
    const onError = (error: unknown): void => {
      shutdown.logger.fatal({ err: error }, 'uncaught error');
      resolve({ name: 'uncaught error', failed: true });
    };
    listeners.set('SIGTERM', () => onSignal('SIGTERM'));
    listeners.set('SIGINT', () => onSignal('SIGINT'));
    listeners.set('uncaughtException', onError);
    listeners.set('unhandledRejection', onError);
    if (source.connected === true) listeners.set('disconnect', () => resolve({ name: 'parent gone', failed: false }));
    for (const [event, listener] of listeners) source.on(event, listener);
  });
  const clean = await shutdown.close(reason.name);
  for (const [event, listener] of listeners) source.off(event, listener);
  const code = clean && !reason.failed ? exitCode.ok : exitCode.failure;
  source.exit(code);
  return code;
};
