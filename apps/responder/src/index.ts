// CRL, OCSP, AIA and bundle endpoints for relying parties: the public surface; a deep import is a lint error.
export { ResponderModule } from './responder.module.js';
export type { ResponderOptions } from './responder.module.js';
export { PublicServer } from './http/public-server.js';
export type { PublicLimits, PublicServerOptions } from './http/public-server.js';
export { DelegationError, OcspDelegation } from './delegate/ocsp-delegation.js';
export type { DelegationRequest } from './delegate/ocsp-delegation.js';
