import type { Grant } from '../identity/identity.js';
import type { Decider, DomainEvent } from '../shared/decider.js';
import { LifecycleError } from '../shared/errors.js';
import type { Timestamp, TokenId } from '../shared/ids.js';

/** `secretHash` is the SHA-256 (base64) of 256 random bits; the token itself is shown once and kept nowhere. */
export type TokenCreated = DomainEvent<
  'TokenCreated',
  { tokenId: TokenId; name: string; grant: Grant; secretHash: string; createdAt: Timestamp; expiresAt: Timestamp }
>;
export type TokenRevoked = DomainEvent<'TokenRevoked', { tokenId: TokenId; revokedAt: Timestamp }>;
export type TokenEvent = TokenCreated | TokenRevoked;

export type TokenCommand =
  | {
      readonly type: 'CreateToken';
      readonly tokenId: TokenId;
      readonly name: string;
      readonly grant: Grant;
      readonly secretHash: string;
      readonly expiresAt: Timestamp;
      readonly now: Timestamp;
    }
  | { readonly type: 'RevokeToken'; readonly tokenId: TokenId; readonly now: Timestamp };

export type TokenState =
  | { readonly status: 'unknown' }
  | ({ readonly status: 'active' | 'revoked'; readonly revokedAt?: Timestamp } & TokenCreated['data']);

export class TokenExistsError extends LifecycleError {
  readonly code = 'TOKEN_EXISTS';
  constructor(tokenId: string) {
    super(`token ${tokenId} exists already`);
  }
}
export class TokenNotFoundError extends LifecycleError {
  readonly code = 'TOKEN_NOT_FOUND';
  constructor(tokenId: string) {
    super(`no token with id ${tokenId}`);
  }
}

export const tokenDecider: Decider<TokenCommand, TokenEvent, TokenState> = {
  initial: { status: 'unknown' },
  decide: (command, state) => {
    if (command.type === 'CreateToken') {
      if (state.status !== 'unknown') throw new TokenExistsError(command.tokenId);
      const { tokenId, name, grant, secretHash, expiresAt, now } = command;
      return [{ type: 'TokenCreated', data: { tokenId, name, grant, secretHash, createdAt: now, expiresAt } }];
    }
    if (state.status === 'unknown') throw new TokenNotFoundError(command.tokenId);
    if (state.status === 'revoked') return [];
    return [{ type: 'TokenRevoked', data: { tokenId: command.tokenId, revokedAt: command.now } }];
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'TokenCreated':
        return state.status === 'unknown' ? { ...event.data, status: 'active' } : state;
      case 'TokenRevoked':
        return state.status === 'unknown' ? state : { ...state, status: 'revoked', revokedAt: event.data.revokedAt };
      default:
        return state;
    }
  },
};
