import { describe, expect, it } from 'vitest';
import { fold } from '../shared/decider.js';
import { parseNodeName } from '../shared/ids.js';
import { at, serial, tokenId } from '../testing/fixtures.js';
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

const node = parseNodeName('node-7');
const join: TokenEvent = { type: 'TokenCreated', data: { ...token, node, createdAt: at(0) } };
const spent: TokenEvent = { type: 'TokenSpent', data: { tokenId, serial, spentAt: at(1) } };

const histories = {
  unknown: [],
  active: [created],
  revoked: [created, revoked],
  join: [join],
  spent: [join, spent],
  'join, revoked': [join, revoked],
} satisfies Record<TokenState['status'], TokenEvent[]> & Record<string, TokenEvent[]>;
const commands: { [Type in TokenCommand['type']]: TokenCommand & { type: Type } } = {
  CreateToken: { type: 'CreateToken', ...token, now: at(0) },
  RevokeToken: { type: 'RevokeToken', tokenId, now: at(1) },
  SpendToken: { type: 'SpendToken', tokenId, node, serial, now: at(1) },
};
const table: Record<keyof typeof histories, Record<TokenCommand['type'], string>> = {
  unknown: { CreateToken: 'TokenCreated', RevokeToken: 'TOKEN_NOT_FOUND', SpendToken: 'TOKEN_NOT_FOUND' },
  // For everyday use: no node joins by it.
  active: { CreateToken: 'TOKEN_EXISTS', RevokeToken: 'TokenRevoked', SpendToken: 'TOKEN_NOT_FOUND' },
  revoked: { CreateToken: 'TOKEN_EXISTS', RevokeToken: 'nothing', SpendToken: 'TOKEN_NOT_FOUND' },
  join: { CreateToken: 'TOKEN_EXISTS', RevokeToken: 'TokenRevoked', SpendToken: 'TokenSpent' },
  spent: { CreateToken: 'TOKEN_EXISTS', RevokeToken: 'nothing', SpendToken: 'JOIN_TOKEN_SPENT' },
  'join, revoked': { CreateToken: 'TOKEN_EXISTS', RevokeToken: 'nothing', SpendToken: 'JOIN_TOKEN_ENDED' },
};
it.each(cellsOf(histories, commands, table))('$state: $name → $expected', ({ history, command, expected }) =>
  expect(outcomeOf(tokenDecider, history, command)).toBe(expected),
);

it('records who may do what until when', () => given([]).when(commands.CreateToken).then([created]));
it('dates a revocation', () => given([created]).when(commands.RevokeToken).then([revoked]));

it('is spent once, with the certificate that it became', () => given([join]).when(commands.SpendToken).then([spent]));
it('is another node’s', () =>
  expect(outcomeOf(tokenDecider, [join], { ...commands.SpendToken, node: parseNodeName('node-8') })).toBe(
    'TOKEN_NOT_FOUND',
  ));
it('is no more after its time', () =>
  expect(outcomeOf(tokenDecider, [join], { ...commands.SpendToken, now: at(60) })).toBe('JOIN_TOKEN_ENDED'));

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
