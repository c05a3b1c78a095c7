import type { Faults } from './entry-faults.js';
import { faultsOf } from './linted-pieces.js';

const none: Faults = new Map();

/**
 * What was found in an issuer's last CRL, so that of the next one those pieces alone are looked at that have changed,
 * with their neighbours on both sides: the order across their borders is theirs too.
 */
export class LintedEntries {
  /** Without a fault. */
  #pieces: readonly Buffer[] = [];

  faultsOf(pieces: readonly Buffer[]): Faults {
    const known = this.#pieces;
    const most = Math.min(known.length, pieces.length);
    let same = 0;
    while (same < most && known[same] === pieces[same]) same++;
    let sameEnd = 0;
    while (sameEnd < most - same && known[known.length - 1 - sameEnd] === pieces[pieces.length - 1 - sameEnd])
      sameEnd++;
    const suspects = faultsOf(
      pieces.slice(neighbour(pieces, same, -1), neighbour(pieces, pieces.length - 1 - sameEnd, 1) + 1),
    );
    // Where something is wrong, its place is told as it is in the whole.
    const faults = suspects.size === 0 ? none : faultsOf(pieces);
    this.#pieces = faults.size === 0 ? pieces : [];
    return faults;
  }
}

/** The next piece in that direction that holds anything; the outermost where there is none. */
const neighbour = (pieces: readonly Buffer[], from: number, step: 1 | -1): number => {
  let at = from + step;
  while (pieces[at]?.length === 0) at += step;
  return Math.min(Math.max(at, 0), pieces.length - 1);
};
