import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Octets } from './octets.js';

/** Octets that are gone through in one turn: a millisecond or less of hashing. */
const TURN = 2 ** 20;
/** Pieces are gathered up to here: a hash takes one of them in half the time of a dozen small ones. */
const TOGETHER = 2 ** 16;

/**
 * Gives all octets to `use`, in order, and lets others have their turn in between: while tens of megabytes are hashed,
 * no answer waits for more than one of them. What `use` is given is its own until it returns. What is short is gone
 * through before this returns.
 */
export const inTurns = async ({ pieces, length }: Octets, use: (octets: Buffer) => void): Promise<void> => {
  const gathered = Buffer.allocUnsafe(Math.min(TOGETHER, length));
  let [filled, left] = [0, TURN];
  const give = (octets: Buffer): void => {
    left -= octets.length;
    use(octets);
  };
  for (const piece of pieces) {
    if (filled + piece.length > gathered.length && filled > 0) {
      give(gathered.subarray(0, filled));
      filled = 0;
      if (left <= 0) {
        await nextTurn();
        left = TURN;
      }
    }
    if (piece.length > gathered.length) {
      for (let at = 0; at < piece.length; at += TURN) {
        if (at > 0) await nextTurn();
        give(piece.subarray(at, at + TURN));
      }
    } else {
      gathered.set(piece, filled);
      filled += piece.length;
    }
  }
  use(gathered.subarray(0, filled));
};
