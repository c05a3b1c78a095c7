import type { Grant, TokenId } from '@cartulary/domain';
import { TestDomain } from '@cartulary/service/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { RevokeTokenCommand, RevokeTokenHandler } from '../revoke-token/handler.js';
import { callerOf, contextOf } from '../testing/issuance.fixture.spec.js';
import { CreateTokenCommand, CreateTokenHandler } from './handler.js';

describe('tokens', () => {
  let domain: TestDomain;
  beforeEach(async () => {
    domain = await TestDomain.create();
  });
  const admin = contextOf(callerOf('admin'));
  const create = (grant: Grant, context = admin, ttl: number | string = '1h') =>
    new CreateTokenHandler(domain.ledger, domain.clock).execute(
      new CreateTokenCommand({ name: 'ci', grant, ttl }, context),
    );
  const revoke = (tokenId: string, context = admin) =>
    new RevokeTokenHandler(domain.ledger, domain.clock).execute(new RevokeTokenCommand(tokenId as TokenId, context));

  it('show their secret once and keep only its hash', async () => {
    const { token, ...created } = await create({ role: 'issuer', namespaces: ['shop'] });
    expect(created).toMatchObject({ role: 'issuer', namespaces: ['shop'], status: 'active', name: 'ci' });
    expect(created.expiresAt).toBe('2026-03-01T13:00:00.500Z');
    expect(token).toMatch(/^ctl_[0-9a-z]{12}_[\w-]{43}$/);
    const [event] = await domain.ledger.readAll({ after: created.position - 1, limit: 1 });
    expect(event?.envelope.toString()).not.toContain(token.split('_').slice(2).join('_'));
    expect((await create({ role: 'issuer' })).tokenId).not.toBe(created.tokenId);
  });

  it('are revoked for good, and only once', async () => {
    const { tokenId } = await create({ role: 'issuer' });
    const revoked = await revoke(tokenId);
    expect(revoked).toMatchObject({ status: 'revoked', revokedAt: '2026-03-01T12:00:00.500Z' });
    domain.clock.advance(1_000);
    expect(await revoke(tokenId)).toEqual(revoked);
    await expect(revoke('abcdef012345')).rejects.toMatchObject({ code: 'TOKEN_NOT_FOUND' });
  });

  it('are made and revoked by nobody whose own grant is for some namespaces', async () => {
    const inShop = contextOf(callerOf('admin', ['shop']));
    await expect(create({ role: 'admin' }, inShop)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(create({ role: 'issuer', namespaces: ['shop'] }, inShop)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const { tokenId } = await create({ role: 'admin' });
    await expect(revoke(tokenId, inShop)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('live a year and a day at most', () =>
    expect(create({ role: 'issuer' }, admin, '367d')).rejects.toMatchObject({ code: 'TTL_TOO_LONG' }));
});
