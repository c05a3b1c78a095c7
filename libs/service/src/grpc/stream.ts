import type { ServerWritableStream } from '@grpc/grpc-js';
import type { GrpcStream } from './call.js';
import { GrpcEdgeError } from './errors.js';

/** One message on its way at a time: a reader that takes none for `milliseconds` is given up. */
export const streamOf = <Response>(
  call: ServerWritableStream<never, Response>,
  signal: AbortSignal,
  milliseconds: number,
): GrpcStream<Response> => ({
  send: (message) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new GrpcEdgeError('UNAVAILABLE', 'the stream is over'));
      const over = (error?: Error | null): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', aborted);
        if (error) reject(error);
        else resolve();
      };
      const aborted = (): void => over(new GrpcEdgeError('UNAVAILABLE', 'the stream is over'));
      const timer = setTimeout(
        () => over(new GrpcEdgeError('TOO_MANY_REQUESTS', 'the reader is too slow', 1_000)),
        milliseconds,
      );
      signal.addEventListener('abort', aborted);
      call.write(message, over);
    }),
});

/** Resolves at the next change, or when the stream is over; what changes in between is one change. */
export class Changes {
  #changed = false;
  #wake: (() => void) | undefined;

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', () => this.#wake?.());
  }

  note(): void {
    this.#changed = true;
    this.#wake?.();
  }

  /** False: it is over. */
  async next(): Promise<boolean> {
    if (!this.#changed && !this.signal.aborted) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#changed = false;
    this.#wake = undefined;
    return !this.signal.aborted;
  }
}
