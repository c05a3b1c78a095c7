import { type ResponseRule } from '../to-sign.js';

/** A reason that exists; removeFromCRL is none in an answer. */
export const responseReason: ResponseRule = {
  id: 'ocsp.reason',
  section: 'RFC 6960, section 4.2.1; RFC 5280, section 5.3.1',
  severity: 'error',
  check: ({ response: { responses } }) =>
    responses.some(({ reason }) => reason !== undefined && (reason < 0 || reason > 10 || reason === 7 || reason === 8))
      ? 'a reason does not exist'
      : undefined,
};
