// The public surface; a deep import is a lint error.
export { Transport } from './transport.js';
export type { ConsumeSubscription, Consumer, Follower, FollowSubscription, PoisonEvent } from './transport.js';
export { TransientError } from './errors.js';
