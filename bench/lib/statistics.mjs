/** Nearest rank of numbers: the smallest that is at least as large as `share` of them. NaN of none. */
export const percentile = (samples, share) => {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
};

/** `{ value, min, max, count }`: the median of repetitions, with how far they lie apart. */
export const spread = (samples) => {
  if (samples.length === 0) throw new Error('nothing was measured');
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const value = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { value, min: sorted[0], max: sorted.at(-1), count: sorted.length };
};

/** Of two rows of repetitions from the same rounds: round by round, so that what slows both down falls out. */
export const ratio = (samples, references) => spread(samples.map((sample, round) => sample / references[round]));
