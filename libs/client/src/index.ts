// What others use to talk to Cartulary: the typed REST client and the relying party's.
export { CartularyClient } from './cartulary-client.js';
export type { ClientOptions, Operation } from './cartulary-client.js';
export type { CallArguments, CallOptions } from './arguments.js';
export type { TlsOptions } from './connection.js';
export { ClientError, ProblemError, UnexpectedAnswerError, UnreachableError } from './errors.js';
export type { UnreachableReason } from './errors.js';
export { followEvents } from './follow-events.js';
export type { FollowEventsOptions } from './follow-events.js';
export { fetchPublication, PublicClient } from './public-client.js';
export type { PublicClientOptions } from './public-client.js';
