import { setTimeout as sleep } from 'node:timers/promises';
import { type Wakeup } from '../wakeup.js';
import { Connection, type ConnectionSettings } from './connection.js';

const RECONNECT_MS = 1_000;

/** Wakes followers when something was appended. Losing it costs promptness only: they also poll. */
export async function listen(settings: ConnectionSettings, wakeup: Wakeup, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let connection: Connection | undefined;
    try {
      connection = await Connection.open(settings, 'cartulary-listen');
      connection.onNotification(() => wakeup.wake());
      await connection.query('LISTEN cartulary_ledger');
      wakeup.wake();
      await ended(connection, signal);
    } catch {
      // tried again below
    }
    if (signal.aborted) await connection?.close().catch(() => undefined);
    else await sleep(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
  }
}

function ended(connection: Connection, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    if (signal.aborted || !connection.usable) return done();
    connection.onceEnded(done);
    signal.addEventListener('abort', done);
  });
}
