import { span } from '../output/time.js';
import type { Check } from './examination.js';
import { failed, ok, type Seen, warning } from './finding.js';

const WARN_MS = 5_000;
const FAIL_MS = 120_000;
const SECOND = 1_000;
const HINT = 'Let NTP set both clocks; certificates and CRLs are backdated by CARTULARY_CLOCK_SKEW only.';

/** A Date header names a whole second, and the answer was under way: what is certain is an interval. */
export const judgeClock = (asked: Date, server: Date, answered: Date): Seen => {
  const behind = server.getTime() - answered.getTime();
  const ahead = asked.getTime() - server.getTime() - SECOND;
  const skew = Math.max(behind, ahead, 0);
  if (skew === 0) return ok('agrees with the server’s to a second');
  const seen = `${span(skew)} ${behind > ahead ? 'behind' : 'ahead of'} the server’s`;
  if (skew >= FAIL_MS) return failed(seen, HINT);
  return skew >= WARN_MS ? warning(seen, HINT) : ok(seen);
};

export const clockCheck: Check = async (examination) => {
  const asked = examination.now();
  const server = await examination.client.serverTime();
  return [judgeClock(asked, server, examination.now())];
};
