const units: readonly (readonly [name: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
];

/** `3 h 12 min`: the two largest units at most, and one alone where the second says nothing. */
export const span = (milliseconds: number): string => {
  const seconds = Math.round(Math.abs(milliseconds) / 1_000);
  // Up to two days in hours: a lifetime of 24 h is called that.
  const index = units.findIndex(([unit, size]) => seconds >= (unit === 'd' ? 2 * size : size));
  const [name, size] = units[index] ?? ['s', 1];
  const whole = Math.floor(seconds / size);
  const next = units[index + 1];
  // Beyond two weeks hours are noise, as are seconds beyond ten minutes.
  const rest = next && !(name === 'd' && whole >= 14) ? Math.floor((seconds % size) / next[1]) : 0;
  return next && rest > 0 && !(name === 'min' && whole >= 10)
    ? `${whole} ${name} ${rest} ${next[0]}`
    : `${whole} ${name}`;
};

export const relative = (time: string | Date, now: Date): string => {
  const difference = new Date(time).getTime() - now.getTime();
  if (Math.abs(difference) < 1_000) return 'now';
  return difference > 0 ? `in ${span(difference)}` : `${span(difference)} ago`;
};

/** `2026-11-22 12:00:00Z`. */
export const absolute = (time: string | Date): string =>
  new Date(time)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');

export const both = (time: string | Date, now: Date): string => `${absolute(time)} (${relative(time, now)})`;
