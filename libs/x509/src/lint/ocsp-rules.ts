import { responseDer } from './ocsp/canonical.js';
import { responseCertId } from './ocsp/cert-id.js';
import { responseExtensionsCritical } from './ocsp/extensions-critical.js';
import { responseExtensionsUnique } from './ocsp/extensions-unique.js';
import { responseNonce } from './ocsp/nonce.js';
import { responseOneIssuer } from './ocsp/one-issuer.js';
import { responseProducedAt } from './ocsp/produced-at.js';
import { responseReason } from './ocsp/reason.js';
import { responderId } from './ocsp/responder-id.js';
import { responderKey } from './ocsp/responder-key.js';
import { responderValidity } from './ocsp/responder-validity.js';
import { responsesPresent } from './ocsp/responses-present.js';
import { responseStatus } from './ocsp/status.js';
import { responseTimes } from './ocsp/times.js';
import { responseUpdateOrder } from './ocsp/update-order.js';
import { type ResponseRule } from './to-sign.js';

export const responseRules: readonly ResponseRule[] = [
  responseDer,
  responderId,
  responseTimes,
  responseUpdateOrder,
  responseProducedAt,
  responsesPresent,
  responseCertId,
  responseOneIssuer,
  responseStatus,
  responseReason,
  responseExtensionsUnique,
  responseExtensionsCritical,
  responseNonce,
  responderKey,
  responderValidity,
];
