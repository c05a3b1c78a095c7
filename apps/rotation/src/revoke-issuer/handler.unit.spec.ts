import { type IssuerId, issuerStream } from '@cartulary/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import { RotateIssuerCommand } from '../rotate-issuer/handler.js';
import { Epochs, factsOf } from '../testing/epochs.fixture.spec.js';
import { callerOf } from '../testing/world.fixture.spec.js';
import { RevokeIssuerCommand } from './handler.js';

describe('an issuer', () => {
  let epochs: Epochs;
  let first: IssuerId;
  let next: IssuerId;
  beforeEach(async () => {
    epochs = await Epochs.create();
    first = epochs.domain.issuer('workload').issuerId;
    await epochs.round();
    next = epochs.workload.standby!.issuerId;
  });
  const rotate = (issuerId = first) =>
    epochs.replica.rotating.execute(new RotateIssuerCommand(issuerId, epochs.context));
  const revoke = (issuerId = first, details: Partial<RevokeIssuerCommand['details']> = {}) =>
    epochs.replica.revoking.execute(
      new RevokeIssuerCommand(issuerId, { reason: 'cACompromise', ...details }, epochs.context),
    );

  describe('is rotated on order', () => {
    it('but not before the first CRL of the next is out, nor before its lead time', async () => {
      await expect(rotate()).rejects.toMatchObject({ code: 'ISSUER_NOT_READY', message: /first CRL/ });
      await epochs.publishCrl(next);
      await expect(rotate()).rejects.toMatchObject({ code: 'ISSUER_NOT_READY', message: /from 2026-03-01T13:00:00/ });
      epochs.domain.clock.advance(3_600_000);
      expect(await rotate()).toMatchObject({ issuerId: first, successor: next });
      expect(await rotate()).toMatchObject({ issuerId: first, successor: next });
      expect((await epochs.typesOf(next)).at(-1)).toBe('IssuerActivated');
    });

    it('not when nobody was made to follow it', async () => {
      const bare = await Epochs.create();
      const { issuerId } = bare.domain.issuer('workload');
      const order = bare.replica.rotating.execute(new RotateIssuerCommand(issuerId, bare.context));
      await expect(order).rejects.toMatchObject({ code: 'ISSUER_NOT_READY' });
    });

    it.each([
      ['unknown', '0'.repeat(16), 'ISSUER_NOT_FOUND'],
      ['only prepared', undefined, 'ISSUER_NOT_ACTIVE'],
    ])('not when it is %s', async (_, id, code) => {
      await expect(rotate((id ?? next) as IssuerId)).rejects.toMatchObject({ code });
    });

    it('by nobody whose grant is for some namespaces', async () => {
      const context = { ...epochs.context, caller: callerOf('admin', ['shop']) };
      const order = epochs.replica.rotating.execute(new RotateIssuerCommand(first, context));
      await expect(order).rejects.toMatchObject({ code: 'FORBIDDEN' });
    });
  });

  describe('is cut off', () => {
    it('and its standby issues from the same append on', async () => {
      await epochs.publishCrl(next);
      const { serial } = factsOf(epochs.domain.issuers.get(first));
      const parent = epochs.domain.issuer('root').issuerId;
      const revocation = await revoke(first, { comment: 'the HSM was stolen' });
      expect(revocation).toMatchObject({ issuerId: first, serial, parent, successor: next, reason: 'cACompromise' });
      const events = await epochs.domain.ledger.readAll({ after: revocation.position - 1, limit: 10 });
      expect(events.map(({ type, stream }) => `${stream} ${type}`)).toEqual([
        `${issuerStream(first)} IssuerCompromised`,
        `${issuerStream(first)} IssuerSuperseded`,
        `${issuerStream(next)} IssuerActivated`,
      ]);
      expect(events[0]?.data).toHaveProperty('commentHash');
      expect(JSON.stringify(events[0]?.data)).not.toContain('stolen');
    });

    it('and is replaced in the next round where no CRL of the standby was out', async () => {
      expect(await revoke()).not.toHaveProperty('successor');
      await epochs.settle();
      await epochs.round();
      expect(epochs.domain.issuers.get(first).successor).toBeUndefined();
      await epochs.publishCrl(next);
      await epochs.round();
      expect(epochs.workload.current?.issuerId).toBe(next);
    });

    it('once; a compromise replaces a harmless reason', async () => {
      const before = await revoke(first, { reason: 'superseded' });
      epochs.domain.clock.advance(60_000);
      expect(await revoke(first, { reason: 'cessationOfOperation' })).toEqual(before);
      const after = await revoke(first, { reason: 'keyCompromise' });
      expect(after).toMatchObject({ reason: 'keyCompromise', revokedAt: before.revokedAt });
    });

    it('also as a standby: another is made', async () => {
      await revoke(next);
      await epochs.settle();
      await epochs.round();
      expect(epochs.workload.standby?.epoch).toBe(3);
      expect(epochs.workload.current?.issuerId).toBe(first);
    });

    it.each(['root', 'system-root'] as const)('not as a %s', async (purpose) => {
      const { issuerId } = epochs.domain.issuer(purpose);
      await expect(revoke(issuerId)).rejects.toMatchObject({ code: 'ISSUER_NOT_REVOCABLE' });
    });
    it('not when nobody knows it', async () => {
      await expect(revoke('0'.repeat(16) as IssuerId)).rejects.toMatchObject({ code: 'ISSUER_NOT_FOUND' });
    });
  });
});
