import { type ResponseRule } from '../to-sign.js';

export const responderValidity: ResponseRule = {
  id: 'ocsp.responder.valid',
  section: 'RFC 6960, section 4.2.2.2',
  severity: 'error',
  check: ({ issuer, response: { producedAt } }) =>
    issuer && producedAt.ms > issuer.notAfter.ms ? "the responder's certificate has ended" : undefined,
};
