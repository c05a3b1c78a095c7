import type { Grant } from '../identity/identity.js';
import type { Decider, DomainEvent } from '../shared/decider.js';
import { LifecycleError } from '../shared/errors.js';
import type { NodeName, Serial, Timestamp, TokenId } from '../shared/ids.js';

/**
 * `secretHash` is the SHA-256 (base64) of 256 random bits; the token itself is shown once and kept nowhere. With a
 * `node` it is a join token: it gets that node's agent its first certificate, once, and opens nothing else.
 */
export type TokenCreated = DomainEvent<
  'TokenCreated',
  {
    tokenId: TokenId;
    name: string;
    grant: Grant;
    node?: NodeName;
    secretHash: string;
    createdAt: Timestamp;
    expiresAt: Timestamp;
  }
>;
export type TokenRevoked = DomainEvent<'TokenRevoked', { tokenId: TokenId; revokedAt: Timestamp }>;
/** A join token has become the certificate with this serial; both are one append. */
export type TokenSpent = DomainEvent<'TokenSpent', { tokenId: TokenId; serial: Serial; spentAt: Timestamp }>;
export type TokenEvent = TokenCreated | TokenRevoked | TokenSpent;

export type TokenCommand =
  | {
      readonly type: 'CreateToken';
      readonly tokenId: TokenId;
      readonly name: string;
      readonly grant: Grant;
      readonly node?: NodeName;
      readonly secretHash: string;
      readonly expiresAt: Timestamp;
      readonly now: Timestamp;
    }
  | { readonly type: 'RevokeToken'; readonly tokenId: TokenId; readonly now: Timestamp }
  | {
      readonly type: 'SpendToken';
      readonly tokenId: TokenId;
      readonly node: NodeName;
      readonly serial: Serial;
      readonly now: Timestamp;
    };

export type TokenState =
  | { readonly status: 'unknown' }
  | ({
      readonly status: 'active' | 'revoked' | 'spent';
      readonly revokedAt?: Timestamp;
      readonly spentAt?: Timestamp;
    } & TokenCreated['data']);

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

export class JoinTokenSpentError extends LifecycleError {
  readonly code = 'JOIN_TOKEN_SPENT';
  constructor(tokenId: string) {
    super(`the join token ${tokenId} has been used`);
  }
}
export class JoinTokenEndedError extends LifecycleError {
  readonly code = 'JOIN_TOKEN_ENDED';
  constructor(tokenId: string) {
    super(`the join token ${tokenId} has expired or is revoked`);
  }
}

export const tokenDecider: Decider<TokenCommand, TokenEvent, TokenState> = {
  initial: { status: 'unknown' },
  decide: (command, state) => {
    if (command.type === 'CreateToken') {
      if (state.status !== 'unknown') throw new TokenExistsError(command.tokenId);
      const { tokenId, name, grant, node, secretHash, expiresAt, now } = command;
      const bound = node === undefined ? {} : { node };
      return [
        { type: 'TokenCreated', data: { tokenId, name, grant, ...bound, secretHash, createdAt: now, expiresAt } },
      ];
    }
    if (state.status === 'unknown') throw new TokenNotFoundError(command.tokenId);
    if (command.type === 'SpendToken') return [spent(command, state)];
    if (state.status !== 'active') return [];
    return [{ type: 'TokenRevoked', data: { tokenId: command.tokenId, revokedAt: command.now } }];
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'TokenCreated':
        return state.status === 'unknown' ? { ...event.data, status: 'active' } : state;
      case 'TokenRevoked':
        return state.status === 'unknown' ? state : { ...state, status: 'revoked', revokedAt: event.data.revokedAt };
      case 'TokenSpent':
        return state.status === 'unknown' ? state : { ...state, status: 'spent', spentAt: event.data.spentAt };
      default:
        return state;
    }
  },
};

const spent = (
  { tokenId, node, serial, now }: Extract<TokenCommand, { type: 'SpendToken' }>,
  state: Exclude<TokenState, { status: 'unknown' }>,
): TokenSpent => {
  // A token for everyday use, or another node's, is none for this node.
  if (state.node === undefined || state.node !== node) throw new TokenNotFoundError(tokenId);
  if (state.status === 'spent') throw new JoinTokenSpentError(tokenId);
  if (state.status === 'revoked' || now >= state.expiresAt) throw new JoinTokenEndedError(tokenId);
  return { type: 'TokenSpent', data: { tokenId, serial, spentAt: now } };
};
