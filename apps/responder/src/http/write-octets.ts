import type { ServerResponse } from 'node:http';
import type { Octets } from '@cartulary/x509';

/** Handed to the socket at once; no more of a CRL than this waits for one client. */
const BATCH = 2 ** 18;

/**
 * Writes the octets from `first` to `last` where they lie, no faster than the client takes them, and ends the response.
 * Who takes longer than `limit` milliseconds for all of it is hung up on: as long as it reads, it keeps a CRL of the
 * past in memory, as far as that differs from today's.
 */
export const writeOctets = async (
  response: ServerResponse,
  { pieces }: Octets,
  { first, last }: { readonly first: number; readonly last: number },
  limit: number,
): Promise<void> => {
  const late = setTimeout(() => response.destroy(), limit);
  late.unref();
  let [at, batch] = [0, 0];
  response.cork();
  for (const piece of pieces) {
    const [from, to] = [Math.max(first - at, 0), Math.min(last + 1 - at, piece.length)];
    at += piece.length;
    if (from >= to) continue;
    batch += to - from;
    const isTaken = response.write(from === 0 && to === piece.length ? piece : piece.subarray(from, to));
    if (batch < BATCH) continue;
    batch = 0;
    response.uncork();
    if (!isTaken) await drained(response);
    if (response.destroyed) break;
    response.cork();
  }
  response.end();
  response.uncork();
  response.once('close', () => clearTimeout(late));
};

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    if (response.destroyed) return resolve();
    response.on('drain', done).on('close', done);
  });
