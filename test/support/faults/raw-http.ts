import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface RawAnswer {
  /** 0: the connection was closed without an answer. */
  readonly status: number;
  readonly head: string;
  readonly body: Buffer;
  /** Milliseconds until the connection ended. */
  readonly ms: number;
}

interface RawRequest {
  /** Written one after the other, with pauses between them where `pauseMs` says so. */
  readonly parts: Iterable<string | Buffer>;
  readonly pauseMs?: number;
  readonly patienceMs?: number;
}

const parse = (bytes: Buffer, ms: number): RawAnswer => {
  const end = bytes.indexOf('\r\n\r\n');
  const head = bytes.subarray(0, end === -1 ? bytes.length : end).toString('latin1');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
  return { status, head, body: end === -1 ? Buffer.alloc(0) : bytes.subarray(end + 4), ms };
};

/** Writes bytes as they are, and reads until the other side closes, or has answered and the patience is over. */
const exchange = (socket: Socket, { parts, pauseMs = 0, patienceMs = 60_000 }: RawRequest): Promise<RawAnswer> =>
  new Promise((resolve) => {
    const start = performance.now();
    const chunks: Buffer[] = [];
    const done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(parse(Buffer.concat(chunks), Math.round(performance.now() - start)));
    };
    const timer = setTimeout(done, patienceMs);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const closed = new Promise<void>((end) => socket.once('close', () => end()));
    socket.on('close', done).on('error', () => undefined);
    void (async () => {
      for (const part of parts) {
        if (socket.destroyed || chunks.length > 0) return;
        const written = new Promise<void>((next) => socket.write(part, () => next()));
        await Promise.race([written, closed]);
        if (pauseMs > 0) await new Promise((next) => setTimeout(next, pauseMs));
      }
    })();
  });

export const rawHttp = (url: string, request: RawRequest): Promise<RawAnswer> => {
  const { hostname, port } = new URL(url);
  return exchange(connectTcp({ host: hostname, port: Number(port) }), request);
};

/** As a caller with a client certificate, where there is one. */
export const rawHttps = (
  url: string,
  { ca, cert, key }: { ca: string; cert?: string; key?: string },
  request: RawRequest,
): Promise<RawAnswer> => {
  const { hostname, port } = new URL(url);
  const options = {
    host: hostname,
    port: Number(port),
    ca,
    ...(cert && key ? { cert, key } : {}),
    ALPNProtocols: ['http/1.1'],
  };
  return exchange(connectTls(options), request);
};

/** Resident memory of a process, in MiB. */
export const residentMiB = (pid: number): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1_024);
};
