import { generalizedTimeProblem } from '../der/time.js';
import { type ResponseRule } from '../to-sign.js';

/** GeneralizedTime, seconds, Z, no fraction: also before 2050. */
export const responseTimes: ResponseRule = {
  id: 'ocsp.times.encoding',
  section: 'RFC 6960, section 4.2.2.1; RFC 5280, section 4.1.2.5.2',
  severity: 'error',
  check: ({ response: { producedAt, responses } }) => {
    const produced = generalizedTimeProblem(producedAt);
    if (produced) return `producedAt ${produced}`;
    for (const { thisUpdate, nextUpdate, revokedAt } of responses) {
      const first = generalizedTimeProblem(thisUpdate);
      if (first) return `thisUpdate ${first}`;
      const second = nextUpdate && generalizedTimeProblem(nextUpdate);
      if (second) return `nextUpdate ${second}`;
      const third = revokedAt && generalizedTimeProblem(revokedAt);
      if (third) return `revocationTime ${third}`;
    }
    return undefined;
  },
};
