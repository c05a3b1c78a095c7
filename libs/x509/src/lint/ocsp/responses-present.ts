import { type ResponseRule } from '../to-sign.js';

export const responsesPresent: ResponseRule = {
  id: 'ocsp.responses',
  section: 'RFC 6960, section 4.2.2.3',
  severity: 'error',
  check: ({ response }) => (response.responses.length === 0 ? 'there is no answer in it' : undefined),
};
