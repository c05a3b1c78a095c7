// Who is calling, and what they may do.
export { AccessModule } from './access.module.js';
export { Authenticator } from './authenticator.js';
export { demand, demandReach, demandReachOf, reaches, systemCaller } from './caller.js';
export type { Caller } from './caller.js';
export { Endpoint, Request } from './endpoint.js';
export type { Call } from './endpoint.js';
export { CredentialRefusedError, ForbiddenError, InvalidRequestError, UnauthenticatedError } from './errors.js';
export { Lineage } from './incidents/lineage.js';
export { RequestGrounds } from './incidents/request-grounds.js';
export type { Grounds } from './incidents/request-grounds.js';
export { mintToken } from './tokens.js';
export type { MintedToken } from './tokens.js';
