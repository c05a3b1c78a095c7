import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Octets } from './octets.js';

/** Octets that are gone through in one turn: a millisecond or less of hashing. */
const TURN = 2 ** 20;

/**
 * Gives every piece to `use`, in order, and lets others have their turn in between: while tens of megabytes are hashed,
 * no answer waits for more than one of them. What is short is gone through before this returns.
 */
export const inTurns = async ({ pieces }: Octets, use: (piece: Buffer) => void): Promise<void> => {
  let left = TURN;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += TURN) {
      const part = piece.length <= TURN ? piece : piece.subarray(at, at + TURN);
      if (part.length > left) {
        await nextTurn();
        left = TURN;
      }
      use(part);
      left -= part.length;
    }
  }
};
