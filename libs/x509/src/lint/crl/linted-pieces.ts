import { type EntryFault, type Faults } from './entry-faults.js';
import { compareSerials, scanEntries } from './scan-entries.js';

interface Linted {
  readonly faults: Faults;
  /** Where the last serial stands; the first is at 2. */
  readonly last: number;
}

// A piece is never written into (RevokedEntries), so it is read once in its life.
const seen = new WeakMap<Buffer, Linted>();

const lint = (piece: Buffer): Linted => {
  const known = seen.get(piece);
  if (known) return known;
  const faults = new Map<EntryFault, number>();
  const note = (fault: EntryFault, at: number): void => {
    if (!faults.has(fault)) faults.set(fault, at);
  };
  const linted = { last: scanEntries(piece, 0, piece.length, note), faults };
  seen.set(piece, linted);
  return linted;
};

const covers = (list: Buffer, pieces: readonly Buffer[]): boolean => {
  let at = 0;
  for (const piece of pieces) {
    if (at + piece.length > list.length) return false;
    if (list.compare(piece, 0, piece.length, at, at + piece.length) !== 0) return false;
    at += piece.length;
  }
  return at === list.length;
};

const scan = (list: Buffer): Faults => {
  const faults = new Map<EntryFault, number>();
  scanEntries(list, 0, list.length, (fault, at) => {
    if (!faults.has(fault)) faults.set(fault, at);
  });
  return faults;
};

/**
 * The faults in the content of revokedCertificates. Where the list is, octet for octet, pieces that follow one another,
 * only those that were never read are read, and the serials at their borders: a CRL of a million entries costs a
 * comparison of memory. Otherwise all of it is read.
 */
export const faultsIn = (list: Buffer, pieces: readonly Buffer[] | undefined): Faults =>
  pieces && covers(list, pieces) ? faultsOf(pieces) : scan(list);

/** The faults in the content of revokedCertificates that these pieces make. */
export const faultsOf = (pieces: readonly Buffer[]): Faults => {
  const faults = new Map<EntryFault, number>();
  let at = 0;
  let before: { readonly piece: Buffer; readonly last: number } | undefined;
  for (const piece of pieces) {
    if (piece.length === 0) continue;
    const linted = lint(piece);
    for (const [fault, place] of linted.faults) if (!faults.has(fault)) faults.set(fault, at + place);
    const inOrder =
      !before || before.last < 0 || linted.last < 0 || compareSerials(before.piece, before.last, piece, 2) < 0;
    if (!inOrder && !faults.has('order')) faults.set('order', at);
    before = { piece, last: linted.last };
    at += piece.length;
  }
  return faults;
};
