// Optimal string alignment: Levenshtein's edits plus a swap of neighbours, the commonest typing mistake.
const distance = (left: string, right: string): number => {
  const rows = Array.from({ length: left.length + 1 }, (_, i) =>
    Array.from({ length: right.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  );
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= left.length; i++) {
    for (let j = 1; j <= right.length; j++) {
      const same = left[i - 1] === right[j - 1];
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) {
        best = Math.min(best, at(i - 2, j - 2) + 1);
      }
      (rows[i] as number[])[j] = best;
    }
  }
  return at(left.length, right.length);
};

/** The candidate that was probably meant, if any is near enough (a quarter of its length, at least two edits). */
export const didYouMean = (word: string, candidates: readonly string[]): string | undefined => {
  const folded = word.slice(0, 100).toLowerCase();
  const [nearest] = candidates
    .map((candidate) => ({ candidate, edits: distance(folded, candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  if (nearest === undefined) return undefined;
  return nearest.edits <= Math.max(2, Math.floor(nearest.candidate.length / 4)) ? nearest.candidate : undefined;
};
