import { type IssuerId, issuerStream, timestamp } from '@cartulary/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import { Epochs, factsOf } from '../testing/epochs.fixture.spec.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('EpochKeeper', () => {
  let epochs: Epochs;
  let first: IssuerId;
  beforeEach(async () => {
    epochs = await Epochs.create();
    first = epochs.domain.issuer('workload').issuerId;
  });
  const standby = () => epochs.workload.standby!.issuerId;

  it('prepares one issuer of each purpose ahead, below the same CA, and no more', async () => {
    await epochs.round();
    await epochs.round();
    const { issuers } = epochs.domain;
    expect(
      issuers
        .all()
        .filter(({ status }) => status === 'prepared')
        .map(({ purpose }) => purpose),
    ).toEqual(['workload', 'server', 'system']);
    for (const purpose of ['workload', 'server', 'system'] as const) {
      const { current, standby: next } = issuers.line(purpose);
      expect(next).toMatchObject({ epoch: 2, parent: current?.parent, purpose });
      expect(factsOf(next!).issuerName).toEqual(factsOf(current!).issuerName);
      expect(factsOf(next!).subjectName).not.toEqual(factsOf(current!).subjectName);
      expect(await epochs.hasKey(next!.issuerId)).toBe(true);
    }
  });

  it('lets one of several replicas prepare an epoch; the key of the other goes', async () => {
    const keys = (await epochs.domain.signer.keys()).length;
    const outcomes = [epochs.newReplica(), epochs.newReplica(), epochs.newReplica()].map(({ keeper }) =>
      keeper.round(),
    );
    await Promise.all(outcomes);
    await epochs.settle();
    expect(epochs.domain.issuers.all().filter(({ status }) => status === 'prepared')).toHaveLength(3);
    expect(await epochs.domain.signer.keys()).toHaveLength(keys + 3);
  });

  it('prepares nothing below a CA whose key is away, nor below one that is not ours', async () => {
    const { keyId } = epochs.domain.issuer('root');
    await epochs.domain.signer.destroy(keyId);
    const keys = (await epochs.domain.signer.keys()).length;
    await epochs.round();
    expect(epochs.workload.standby).toBeUndefined();
    expect(epochs.domain.issuers.line('system').standby).toBeDefined();
    expect(await epochs.domain.signer.keys()).toHaveLength(keys + 1);
  });

  describe('changes the epoch', () => {
    beforeEach(async () => {
      await epochs.round();
      await epochs.publishCrl(standby());
    });
    const isSecond = () => epochs.workload.current?.epoch === 2;

    it('by time, and prepares the next', async () => {
      const next = standby();
      epochs.domain.clock.advance(30 * DAY - HOUR);
      await epochs.round();
      expect(isSecond()).toBe(false);
      epochs.domain.clock.advance(HOUR);
      await epochs.round();
      expect(epochs.workload.current?.issuerId).toBe(next);
      expect(epochs.domain.issuers.get(first)).toMatchObject({ status: 'retiring', successor: next });
      await epochs.round();
      expect(epochs.workload.standby?.epoch).toBe(3);
    });

    it('by number, but not before the lead time has passed', async () => {
      epochs.book.counts.set(first, { certificates: 1_000_000, closed: false, position: 1 });
      await epochs.round();
      expect(isSecond()).toBe(false);
      epochs.domain.clock.advance(HOUR);
      await epochs.round();
      expect(isSecond()).toBe(true);
    });

    it('at once after a cut-off, without the lead time', async () => {
      const { serial } = factsOf(epochs.domain.issuers.get(first));
      const now = timestamp(epochs.domain.clock.now());
      const data = { issuerId: first, serial, notAfter: now, reason: 'cACompromise', revokedAt: now };
      await epochs.domain.append(issuerStream(first), { type: 'IssuerCompromised', data });
      await epochs.settle();
      await epochs.round();
      expect(isSecond()).toBe(true);
      expect((await epochs.typesOf(first)).slice(0, 4)).toEqual([
        ...['IssuerCreated', 'IssuerActivated', 'IssuerCompromised', 'IssuerSuperseded'],
      ]);
    });

    it('once, however many replicas there are', async () => {
      epochs.domain.clock.advance(31 * DAY);
      const replicas = Array.from({ length: 4 }, () => epochs.newReplica().keeper.round());
      await Promise.all(replicas);
      await epochs.settle();
      const active = epochs.domain.issuers
        .all()
        .filter(({ purpose, status }) => purpose === 'workload' && status === 'active');
      expect(active).toHaveLength(1);
      expect((await epochs.typesOf(first)).filter((type) => type === 'IssuerSuperseded')).toHaveLength(1);
    });
  });

  it('changes the epoch before certificates would be cut short', async () => {
    // Issuers live for 125 days and workloads for two at most.
    const slow = await Epochs.create({
      epochs: { length: 200 * DAY, certificates: 1_000_000, lead: HOUR, rootLead: DAY },
    });
    slow.domain.clock.advance(10 * DAY);
    await slow.round();
    await slow.publishCrl(slow.workload.standby!.issuerId);
    slow.domain.clock.advance(113 * DAY - HOUR);
    await slow.round();
    expect(slow.workload.current?.epoch).toBe(1);
    slow.domain.clock.advance(2 * HOUR);
    await slow.round();
    expect(slow.workload.current?.epoch).toBe(2);
  });

  it('makes another where the one that was made ahead has ended', async () => {
    const late = await Epochs.create();
    await late.round();
    late.domain.clock.advance(126 * DAY);
    await late.round();
    expect(late.domain.issuers.line('workload', late.domain.clock.now()).standby?.epoch).toBe(3);
  });

  describe('ends an epoch', () => {
    const now = () => epochs.domain.clock.now().getTime();
    beforeEach(async () => {
      await epochs.issue(first, new Date(now() + 40 * DAY));
      await epochs.issue(first, new Date(now() + 35 * DAY));
      await epochs.issue(first, new Date(now() + 99 * DAY), 'ocsp-signing');
      await epochs.round();
      await epochs.publishCrl(standby());
      epochs.domain.clock.advance(30 * DAY);
      await epochs.round();
    });

    it('when its last certificate has expired, also by a slow clock, and its final CRL is out', async () => {
      epochs.domain.clock.advance(10 * DAY + 5 * 60_000);
      await epochs.round();
      expect(await epochs.typesOf(first)).not.toContain('EpochExpired');
      epochs.domain.clock.advance(1);
      await epochs.round();
      expect((await epochs.typesOf(first)).at(-1)).toBe('EpochExpired');
      await epochs.round();
      expect(epochs.domain.issuers.get(first).status).toBe('retiring');
      expect(await epochs.hasKey(first)).toBe(true);
      await epochs.publishCrl(first);
      await epochs.round();
      expect(epochs.domain.issuers.get(first).status).toBe('retired');
      await epochs.round();
      expect(await epochs.hasKey(first)).toBe(false);
      const before = await epochs.typesOf(first);
      await epochs.round();
      expect(await epochs.typesOf(first)).toEqual(before);
    });

    it('not by a CRL that was prepared before it expired', async () => {
      const at = timestamp(epochs.domain.clock.now());
      const stream = `publication-${first}`;
      const [prepared] = await epochs.domain.append(stream, { type: 'CrlPrepared', data: { issuerId: first } });
      epochs.domain.clock.advance(11 * DAY);
      await epochs.round();
      const data = { issuerId: first, number: prepared!.position, thisUpdate: at };
      await epochs.domain.append(stream, { type: 'CrlPublished', data });
      await epochs.round();
      expect(epochs.domain.issuers.get(first).status).toBe('retiring');
    });

    it('of one that was cut off as well: without a final CRL', async () => {
      const { revoking } = epochs.replica;
      const { RevokeIssuerCommand } = await import('../revoke-issuer/handler.js');
      await revoking.execute(new RevokeIssuerCommand(first, { reason: 'cACompromise' }, epochs.context));
      await epochs.settle();
      await epochs.round();
      expect(await epochs.hasKey(first)).toBe(true);
      epochs.domain.clock.advance(11 * DAY);
      await epochs.round();
      expect((await epochs.typesOf(first)).at(-1)).toBe('EpochExpired');
      await epochs.round();
      expect(epochs.domain.issuers.get(first).status).toBe('compromised');
      expect(await epochs.hasKey(first)).toBe(false);
    });

    it('not before everything that it issued has been counted', async () => {
      epochs.book.counts.set(first, { certificates: 0, closed: false, position: 1 });
      epochs.domain.clock.advance(50 * DAY);
      await epochs.replica.keeper.round();
      expect(await epochs.typesOf(first)).not.toContain('EpochExpired');
    });
  });

  it('destroys a key that a crash left behind, after an hour, and no other', async () => {
    const orphan = await epochs.domain.signer.generate('ecdsa-p256');
    const stranger = await epochs.domain.signer.generate('ecdsa-p256');
    await epochs.book.keepKey(orphan.keyId, epochs.domain.clock.now());
    await epochs.round();
    epochs.domain.clock.advance(HOUR + 1);
    await epochs.round();
    const keys = (await epochs.domain.signer.keys()).map(({ keyId }) => keyId);
    expect(keys).not.toContain(orphan.keyId);
    expect(keys).toContain(stranger.keyId);
    expect(await epochs.hasKey(standby())).toBe(true);
    expect(epochs.book.keys.size).toBe(0);
  });
});
