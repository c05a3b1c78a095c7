import { parseDuration, type Ttl } from '@cartulary/contracts';
import { InvalidValueError } from '@cartulary/domain';
import type { Lifetime } from '@cartulary/service';
import { PolicyError } from './errors.js';

/** Seconds. Throws PolicyError when more is asked for than the profile allows. */
export const lifetimeOf = (ttl: Ttl | undefined, { default: usual, max }: Lifetime): number => {
  if (ttl === undefined) return usual;
  const seconds = parseDuration(ttl);
  if (seconds === undefined) throw new InvalidValueError('ttl', 'whole seconds, or a number with s, m, h or d');
  if (seconds > max) throw new PolicyError('TTL_TOO_LONG', `at most ${max} seconds, ${seconds} were asked for`);
  return seconds;
};
