import { type ResponseRule } from '../to-sign.js';

/** good and unknown are empty, revoked has its time. */
export const responseStatus: ResponseRule = {
  id: 'ocsp.status',
  section: 'RFC 6960, section 4.2.1',
  severity: 'error',
  check: ({ response: { responses } }) => {
    for (const { statusTag, statusIsEmpty, revokedAt } of responses) {
      if (statusTag === 0xa1) {
        if (!revokedAt) return 'revoked without a time';
      } else if (statusTag !== 0x80 && statusTag !== 0x82) return 'a status that does not exist';
      else if (!statusIsEmpty) return 'good or unknown has content';
    }
    return undefined;
  },
};
