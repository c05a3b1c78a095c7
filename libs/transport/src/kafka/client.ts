import { createRequire } from 'node:module';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import kafkajs from 'kafkajs';
import { type KafkaSettings } from './settings.js';

export type Trouble = (what: string, error: unknown) => void;

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

// kafkajs 2.2.4 looks after its queue also when nothing waits in it, by a timer whose delay is negative then: Node 24
// warns of that. Without a waiting request there is nothing to look after, so the timer is not set.
const require = createRequire(import.meta.url);
const queue = (require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }).prototype;
const schedule = (waits: (this: RequestQueue) => void) =>
  function (this: RequestQueue): void {
    if (this.pending.length > 0) waits.call(this);
  };
queue.scheduleCheckPendingRequests = schedule(queue.scheduleCheckPendingRequests);

/** Milliseconds. */
const CONNECT_TIMEOUT = 5_000;
const REQUEST_TIMEOUT = 15_000;

export interface ClientOptions {
  /** Milliseconds until an answer. */
  readonly requestTimeout?: number;
  /** Asked before each write to a broker; false ends the connection instead. */
  readonly maySend?: () => boolean;
}

/** kafkajs, with few retries of its own: who calls it decides how long to go on. */
export function createKafka(settings: KafkaSettings, options: ClientOptions = {}): kafkajs.Kafka {
  const { requestTimeout = REQUEST_TIMEOUT, maySend } = options;
  return new kafkajs.Kafka({
    clientId: settings.clientId ?? 'cartulary',
    brokers: [...settings.brokers],
    ...(settings.ssl === undefined ? {} : { ssl: settings.ssl }),
    ...(settings.sasl === undefined ? {} : { sasl: settings.sasl as kafkajs.SASLOptions }),
    connectionTimeout: CONNECT_TIMEOUT,
    requestTimeout,
    socketFactory: socketFactory(maySend),
    retry: { retries: 3, initialRetryTime: 50, maxRetryTime: 1_000 },
    // Whatever it would log is an error of ours, too, or an attempt that it repeats.
    logLevel: kafkajs.logLevel.NOTHING,
  });
}

const socketFactory =
  (maySend: (() => boolean) | undefined): kafkajs.ISocketFactory =>
  ({ host, port, ssl, onConnect }) => {
    const servername = isIP(host) ? {} : { servername: host };
    const socket: Socket = ssl
      ? connectTls({ host, port, ...servername, ...ssl }, onConnect)
      : connectPlain({ host, port }, onConnect);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    if (maySend) guard(socket, maySend);
    return socket;
  };

// The last moment before the operating system has it: what kafkajs had queued or tries again is asked for too.
function guard(socket: Socket, maySend: () => boolean): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  socket.write = (...args: unknown[]): boolean => {
    if (maySend()) return write(...args);
    socket.destroy(new Error('not the active relay any more'));
    return false;
  };
}

/** The id that the cluster was formatted with: tells whether the broker at an address is the one that is meant. */
export async function kafkaClusterId(settings: KafkaSettings): Promise<string> {
  const admin = createKafka(settings).admin({ retry: { retries: 0 } });
  try {
    await admin.connect();
    return (await admin.describeCluster()).clusterId;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
