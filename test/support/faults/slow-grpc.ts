import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { gzipSync } from 'node:zlib';
import type { Shown } from '../grpc/clients.js';

/** How a client's connection or call ended. */
export interface Ended {
  /** gRPC status; undefined: it was hung up on. */
  readonly status: number | undefined;
  readonly ms: number;
}
export interface Target {
  readonly port: number;
  readonly root: string;
}

const PATIENCE_MS = 60_000;
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
/** HEADERS of stream 1 that announce 100 octets and more to come (no END_HEADERS), and bring none. */
const HALF_HEADERS = Buffer.from([0, 0, 100, 1, 0, 0, 0, 0, 1]);
/** A ClientHello of 512 octets, as far as its length. */
const HALF_HELLO = Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc]);

const hungUp = (socket: Socket): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const began = performance.now();
    const timer = setTimeout(() => reject(new Error('nobody hung up')), PATIENCE_MS);
    socket.resume().on('error', () => undefined);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve({ status: undefined, ms: performance.now() - began });
    });
  });

const tcp = ({ port }: Target, bytes: Buffer): Promise<Ended> => {
  const socket = connectTcp({ host: '127.0.0.1', port });
  if (bytes.length > 0) socket.write(bytes);
  return hungUp(socket);
};

const tls = ({ port, root }: Target, bytes: Buffer): Promise<Ended> => {
  const options = { host: '127.0.0.1', servername: 'localhost', port, ca: root, ALPNProtocols: ['h2'] };
  const socket = connectTls(options);
  if (bytes.length > 0) socket.write(bytes);
  return hungUp(socket);
};

export const session = ({ port, root }: Target, settings: object = {}, shown?: Shown): ClientHttp2Session =>
  connectHttp2(`https://localhost:${port}`, { ca: root, settings, ...shown }).on('error', () => undefined);

/** A call made by hand; `bytes` is its body as it goes over the wire, `end` whether there is no more. */
export const rawCall = (
  over: ClientHttp2Session,
  { path, bytes, end = true, headers = {} }: { path: string; bytes: Buffer; end?: boolean; headers?: object },
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const began = performance.now();
    const done = (status?: number): void => {
      clearTimeout(timer);
      resolve({ status, ms: performance.now() - began });
    };
    const timer = setTimeout(() => reject(new Error(`${path} was not ended`)), PATIENCE_MS);
    const own = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
    const stream = over.request({ ...own, ...headers }, { endStream: false });
    const seen = (block: Record<string, unknown>): void => {
      if (block['grpc-status'] !== undefined) done(Number(block['grpc-status']));
    };
    stream.on('response', seen).on('trailers', seen);
    stream.on('error', () => undefined).on('close', () => done());
    stream.write(bytes);
    if (end) stream.end();
    stream.resume();
  });

/** gRPC's five octets before a message. */
export const framed = (message: Buffer, compressed = false): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed ? 1 : 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};

/** Some 100 KiB that unpack to 100 MiB. */
export const bomb = (): Buffer => framed(gzipSync(Buffer.alloc(100 * 1024 * 1024)), true);

const attest = '/cartulary.v1.AgentService/Attest';
const trust = '/cartulary.v1.TrustService/StreamTrust';

/** Clients that keep a connection or a call and do not go on, by how they do it. */
export const slowClients = (target: Target, agent: Shown): Readonly<Record<string, () => Promise<Ended>>> => ({
  'no handshake': () => tcp(target, Buffer.alloc(0)),
  'half a ClientHello': () => tcp(target, HALF_HELLO),
  'a handshake and no preface': () => tls(target, Buffer.alloc(0)),
  'a preface and no call': () => tls(target, Buffer.concat([PREFACE, SETTINGS])),
  'half of a call’s headers': () => tls(target, Buffer.concat([PREFACE, SETTINGS, HALF_HEADERS])),
  'half a message': async () => {
    const over = session(target);
    const bytes = Buffer.from([0, 0, 0, 0, 100, 1]);
    return rawCall(over, { path: attest, bytes, end: false }).finally(() => over.destroy());
  },
  'a stream that is never read': async () => {
    const over = session(target, { initialWindowSize: 0 }, agent);
    return rawCall(over, { path: trust, bytes: framed(Buffer.alloc(0)) }).finally(() => over.destroy());
  },
});
