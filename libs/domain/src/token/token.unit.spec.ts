import { describe, expect, it } from 'vitest';
import { fold } from '../shared/decider.js';
import { at, tokenId } from '../testing/fixtures.js';
import { cellsOf, outcomeOf, specificationFor } from '../testing/specification.js';
import { type TokenCommand, tokenDecider, type TokenEvent, type TokenState } from './token.js';

const given = specificationFor(tokenDecider);
const token = {
  tokenId,
  name: 'pipeline',
  grant: { role: 'issuer', namespaces: ['shop'] },
  secretHash: 'c2VjcmV0',
  expiresAt: at(60),
} as const;
const created: TokenEvent = { type: 'TokenCreated', data: { ...token, createdAt: at(0) } };
const revoked: TokenEvent = { type: 'TokenRevoked', data: { tokenId, revokedAt: at(1) } };

const histories: Record<TokenState['status'], TokenEvent[]> = {
  unknown: [],
  active: [created],
  revoked: [created, revoked],
};
const commands: { [Type in TokenCommand['type']]: TokenCommand & { type: Type } } = {
  CreateToken: { type: 'CreateToken', ...token, now: at(0) },
  RevokeToken: { type: 'RevokeToken', tokenId, now: at(1) },
};
const table: Record<TokenState['status'], Record<TokenCommand['type'], string>> = {
  unknown: { CreateToken: 'TokenCreated', RevokeToken: 'TOKEN_NOT_FOUND' },
  active: { CreateToken: 'TOKEN_EXISTS', RevokeToken: 'TokenRevoked' },
  revoked: { CreateToken: 'TOKEN_EXISTS', RevokeToken: 'nothing' },
};
it.each(cellsOf(histories, commands, table))('$state: $name → $expected', ({ history, command, expected }) =>
  expect(outcomeOf(tokenDecider, history, command)).toBe(expected),
);

it('records who may do what until when', () => given([]).when(commands.CreateToken).then([created]));
it('dates a revocation', () => given([created]).when(commands.RevokeToken).then([revoked]));

describe('evolve', () => {
  it('keeps what was granted', () =>
    expect(fold(tokenDecider, [created, revoked])).toEqual({
      ...token,
      createdAt: at(0),
      status: 'revoked',
      revokedAt: at(1),
    }));
  it('does not revive a revoked token', () =>
    expect(fold(tokenDecider, [created, revoked, created]).status).toBe('revoked'));
  it('leaves what was never created', () => expect(fold(tokenDecider, [revoked])).toEqual({ status: 'unknown' }));
  it.each(Object.entries(histories))('ignores events it does not know (%s)', (_name, history) => {
    const state = fold(tokenDecider, history);
    expect(fold({ ...tokenDecider, initial: state }, [{ type: 'FromTheFuture', data: {} }])).toBe(state);
  });
});
