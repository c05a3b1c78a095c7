import { type ResponseRule } from '../to-sign.js';

/** A responder whose clock is behind the ledger's says so itself; it goes on answering. */
export const responseProducedAt: ResponseRule = {
  id: 'ocsp.times.produced',
  section: 'RFC 6960, section 2.4',
  severity: 'warning',
  check: ({ response: { producedAt, responses } }) =>
    responses.some(({ thisUpdate }) => thisUpdate.ms > producedAt.ms) ? 'thisUpdate is after producedAt' : undefined,
};
