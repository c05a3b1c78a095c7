// A year is 365 days here: lifetimes of certificates are stated so by convention, and nothing depends on leap days.
const milliseconds: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
};
const octets: Record<string, number> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, kB: 1e3, MB: 1e6, GB: 1e9 };

const measure = (units: Record<string, number>, text: string): number | undefined => {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(text.trim()) ?? [];
  const size = unit === undefined ? undefined : units[unit];
  const value = size === undefined ? undefined : Number(amount) * size;
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
};

/** `1h`, `90d`, `1.5s` → milliseconds; undefined when it is not a duration. */
export const parseDuration = (text: string): number | undefined =>
  text.trim() === '0' ? 0 : measure(milliseconds, text);

/** `1MiB`, `64kB` or a bare number of octets → octets; undefined when it is not a size. */
export const parseBytes = (text: string): number | undefined =>
  /^\d+$/.test(text.trim()) ? Number(text) : measure(octets, text);

/** Milliseconds in the largest unit that divides them: 86 400 000 → `1d`. */
export const formatDuration = (ms: number): string => {
  const unit = ['y', 'w', 'd', 'h', 'm', 's'].find((name) => ms !== 0 && ms % (milliseconds[name] ?? 1) === 0) ?? 'ms';
  return `${ms / (milliseconds[unit] ?? 1)}${unit}`;
};
