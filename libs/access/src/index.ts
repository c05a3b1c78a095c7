// Who is calling, and what they may do.
export { AccessModule } from './access.module.js';
export { Authenticator } from './authenticator.js';
export { demand, demandNamespace, demandReach, demandReachOf, reaches, systemCaller } from './caller.js';
export type { Caller } from './caller.js';
export { Endpoint, Request } from './endpoint.js';
export type { Call } from './endpoint.js';
export {
  CredentialRefusedError,
  ForbiddenError,
  InvalidRequestError,
  KeysUnavailableError,
  UnauthenticatedError,
} from './errors.js';
export { Lineage } from './incidents/lineage.js';
export { RequestGrounds } from './incidents/request-grounds.js';
export type { Grounds } from './incidents/request-grounds.js';
export { getJson, JsonWebKeys } from './workload/json-web-keys.js';
export type { KeySource } from './workload/json-web-keys.js';
export { KubernetesReviews } from './workload/kubernetes-reviews.js';
export { KubernetesTokens } from './workload/kubernetes-tokens.js';
export { OidcTokens } from './workload/oidc-tokens.js';
export type { TokenVerifier, VerifiedToken } from './workload/token-verifier.js';
export { TokenVerifiers, WorkloadAuthenticator } from './workload/workload-authenticator.js';
export type { WorkloadCaller } from './workload/workload-authenticator.js';
export { mintToken } from './tokens.js';
export type { MintedToken } from './tokens.js';
