import type { Socket } from 'node:net';
import { pipeline, Transform, type TransformCallback } from 'node:stream';
import { MalformedError } from './errors.js';
import { encodeFrame, flag, type Frame, FrameReader, frameType, PREFACE } from './frames.js';
import { PlainAuthorities } from './plain-authorities.js';
import { socketPair } from './socket-pair.js';

const MAX_CONCURRENT_STREAMS = 3;
/** Before the first request is known: its headers, and as much of its body as may come unasked (a window of 64 KiB). */
const MOST_HELD = 192 * 1024;

export interface GreetingOptions {
  /** Most streams at once, as the server behind says it too. */
  readonly streams: number;
  /** Gets the connection, or one that stands for it. */
  take(socket: Socket): void;
  onEnd(outcome: 'as it is' | 'translated' | 'malformed'): void;
}

const ourSettings = (streams: number): Buffer => {
  const payload = Buffer.alloc(6);
  payload.writeUInt16BE(MAX_CONCURRENT_STREAMS, 0);
  payload.writeUInt32BE(streams, 2);
  return encodeFrame(frameType.settings, 0, 0, payload);
};

const isAcknowledgement = ({ type, flags }: Frame): boolean => type === frameType.settings && (flags & flag.ack) !== 0;

/**
 * Looks at a connection up to its first request. gRPC for Java names the socket's path as `:authority`, and Node's nghttp2
 * resets such streams ahead of all of our code: these connections go on through `PlainAuthorities`, all others as they are.
 *
 * Clients of gRPC wait for the server's SETTINGS before they ask, so that these are sent from here, and their acknowledgement is
 * kept from the server behind, which sends its own after.
 */
export const greet = (socket: Socket, options: GreetingOptions): void => {
  const reader = new FrameReader();
  const authorities = new PlainAuthorities();
  let held: Buffer[] = [PREFACE];
  let size = 0;
  let acknowledged = false;
  const fail = (): void => {
    leave();
    options.onEnd('malformed');
    socket.destroy();
  };
  const hear = (chunk: Buffer): void => {
    size += chunk.length;
    try {
      for (const frame of reader.read(chunk)) {
        if (!acknowledged && isAcknowledgement(frame)) acknowledged = true;
        else held.push(...authorities.take(frame));
      }
      if (size > MOST_HELD) throw new MalformedError('too much comes before the first request');
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      return fail();
    }
    if (!acknowledged || authorities.blocks === 0) return;
    leave();
    if (authorities.changed) translate(socket, { reader, authorities, held }, options);
    else {
      socket.pause();
      socket.unshift(Buffer.concat([...held, authorities.pending(), reader.rest()]));
      options.onEnd('as it is');
      options.take(socket);
    }
    held = [];
  };
  const end = (): void => void socket.destroy();
  const leave = (): void => {
    socket.off('data', hear).off('end', end);
  };
  socket.write(ourSettings(options.streams));
  socket.on('data', hear).on('end', end);
};

interface Begun {
  readonly reader: FrameReader;
  readonly authorities: PlainAuthorities;
  readonly held: readonly Buffer[];
}

/** A pair of sockets, for nothing that is no socket says to gRPC who is at the other end. */
const translate = (socket: Socket, { reader, authorities, held }: Begun, options: GreetingOptions): void => {
  let near: Socket;
  let far: Socket;
  try {
    [near, far] = socketPair();
  } catch {
    socket.destroy();
    return;
  }
  const { remoteAddress } = socket;
  Object.defineProperty(far, 'remoteAddress', { value: remoteAddress });
  far.on('error', () => far.destroy());
  near.write(Buffer.concat(held));
  const translator = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      try {
        for (const frame of reader.read(chunk)) for (const octets of authorities.take(frame)) this.push(octets);
        done();
      } catch (error) {
        options.onEnd('malformed');
        done(error as Error);
      }
    },
  });
  const over = (): void => {
    socket.destroy();
    near.destroy();
  };
  pipeline(socket, translator, near, over);
  pipeline(near, socket, over);
  options.onEnd('translated');
  options.take(far);
};
