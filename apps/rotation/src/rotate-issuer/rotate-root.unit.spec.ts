import {
  EpochNotOverError,
  type IssuerId,
  IssuerNotReadyError,
  type IssuerPurpose,
  issuerStream,
  timestamp,
} from '@cartulary/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import { Hierarchy, type SigningIssuer } from '../create-trust-domain/hierarchy.js';
import { RetireIssuerCommand } from '../retire-ca/handler.js';
import { Epochs } from '../testing/epochs.fixture.spec.js';
import { RotateIssuerCommand } from './handler.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('the rotation of a root', () => {
  let epochs: Epochs;
  let old: IssuerId;
  beforeEach(async () => {
    epochs = await Epochs.create();
    old = epochs.domain.issuer('root').issuerId;
  });
  const issuers = () => epochs.domain.issuers;
  const rotate = async (issuerId: IssuerId) => {
    const rotation = await epochs.replica.rotating.execute(new RotateIssuerCommand(issuerId, epochs.context));
    await epochs.settle();
    return { ...rotation, successor: rotation.successor as IssuerId };
  };
  const retire = async (issuerId: IssuerId) => {
    const retirement = await epochs.replica.retiring.execute(new RetireIssuerCommand(issuerId, epochs.context));
    await epochs.settle();
    return retirement;
  };
  const trusts = (issuerId: IssuerId) =>
    issuers()
      .meshAnchors()
      .some((anchor) => anchor.toString('base64') === issuers().get(issuerId).certificate);
  const prepareRoot = async () => {
    const { successor } = await rotate(old);
    await epochs.publishCrl(successor);
    return successor;
  };
  const activateRoot = async () => {
    const successor = await prepareRoot();
    epochs.domain.clock.advance(7 * DAY);
    await rotate(old);
    return successor;
  };
  /** What was made ahead issues, and another is made ahead. */
  const changeEpochs = async (purposes: readonly IssuerPurpose[] = ['workload', 'server']) => {
    await epochs.round();
    for (const purpose of purposes) await epochs.publishCrl(issuers().line(purpose).standby!.issuerId);
    epochs.domain.clock.advance(HOUR);
    for (const purpose of purposes) await rotate(issuers().line(purpose).current!.issuerId);
    await epochs.round();
  };
  /** Whoever has expired publishes a final CRL and retires. */
  const endEpochs = async () => {
    await epochs.round();
    const ending = issuers()
      .all()
      .filter(({ expiredAt, status }) => expiredAt && status === 'retiring');
    for (const { issuerId } of ending) await epochs.publishCrl(issuerId);
    await epochs.round();
  };

  it('begins with a new root that is trusted at once, and that nothing is issued under', async () => {
    const rotation = await rotate(old);
    expect(rotation).toMatchObject({ step: 'prepared', issuerId: old });
    expect(Date.parse(rotation.readyAt!)).toBe(epochs.domain.clock.now().getTime() + 7 * DAY);
    const next = rotation.successor;
    expect(issuers().get(next)).toMatchObject({ purpose: 'root', epoch: 2, status: 'prepared' });
    expect(issuers().get(next).parent).toBeUndefined();
    expect(await epochs.hasKey(next)).toBe(true);
    expect([trusts(old), trusts(next)]).toEqual([true, true]);
    expect(issuers().systemAnchors()).toHaveLength(1);
    await changeEpochs();
    expect(
      issuers()
        .all()
        .filter(({ parent }) => parent === next),
    ).toEqual([]);
  });

  it('makes one root, whoever else orders it at the same time', async () => {
    const keys = (await epochs.domain.signer.keys()).length;
    const order = () => epochs.newReplica().rotating.execute(new RotateIssuerCommand(old, epochs.context));
    const outcomes = await Promise.allSettled([order(), order(), order()]);
    await epochs.settle();
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(issuers().line('root').standby?.epoch).toBe(2);
    expect(await epochs.domain.signer.keys()).toHaveLength(keys + 1);
  });

  it('refuses the use of the new root before its CRL is out and before its lead time is over', async () => {
    const { successor } = await rotate(old);
    epochs.domain.clock.advance(30 * DAY);
    await expect(rotate(old)).rejects.toThrow(`the first CRL of issuer ${successor} is not out`);
    await epochs.publishCrl(successor);
    const readyAt = timestamp(new Date(epochs.domain.clock.now().getTime() + 7 * DAY));
    epochs.domain.clock.advance(7 * DAY - 1);
    await expect(rotate(old)).rejects.toThrow(IssuerNotReadyError);
    await expect(rotate(old)).rejects.toThrow(readyAt);
    expect(issuers().line('root').current?.issuerId).toBe(old);
    epochs.domain.clock.advance(1);
    expect(await rotate(old)).toMatchObject({ step: 'activated', successor });
    expect(await rotate(old)).toMatchObject({ step: 'activated', successor });
    expect(issuers().get(old)).toMatchObject({ status: 'retiring', successor });
    expect([trusts(old), trusts(successor)]).toEqual([true, true]);
  });

  it('has later epochs made below the new root', async () => {
    await epochs.round();
    const standby = epochs.workload.standby!;
    const next = await activateRoot();
    expect(standby.parent).toBe(old);
    await changeEpochs();
    expect(epochs.workload.current?.issuerId).toBe(standby.issuerId);
    expect(epochs.workload.standby).toMatchObject({ epoch: 3, parent: next });
  });

  it('refuses to let the old root go before everything below it has, and then lets it out of the bundle', async () => {
    await expect(retire(old)).rejects.toThrow('it may issue');
    const first = epochs.workload.current!;
    const last = new Date(epochs.domain.clock.now().getTime() + 20 * DAY);
    await epochs.issue(first.issuerId, last);
    const next = await prepareRoot();
    await expect(retire(next)).rejects.toThrow(EpochNotOverError);
    epochs.domain.clock.advance(7 * DAY);
    await rotate(old);
    await expect(retire(old)).rejects.toThrow(`${first.issuerId} (workload, active)`);
    // The one that stood by was made below the old root, so there are two epochs to go.
    await changeEpochs();
    await changeEpochs();
    await endEpochs();
    await expect(retire(old)).rejects.toThrow(`it is needed by ${first.issuerId} (workload, retiring); at the latest`);
    expect(await epochs.typesOf(old)).not.toContain('EpochExpired');

    epochs.domain.clock.advance(13 * DAY + HOUR);
    await endEpochs();
    expect(issuers().get(first.issuerId).status).toBe('retired');
    // On order only, however long it takes.
    await endEpochs();
    expect(issuers().get(old).expiredAt).toBeUndefined();
    expect(await retire(old)).toMatchObject({ issuerId: old, status: 'retiring' });
    await epochs.round();
    expect(trusts(old)).toBe(true);
    expect(await epochs.hasKey(old)).toBe(true);
    await endEpochs();
    expect(await retire(old)).toMatchObject({ status: 'retired' });
    expect([trusts(old), trusts(next)]).toEqual([false, true]);
    await epochs.round();
    expect(await epochs.hasKey(old)).toBe(false);
    expect(issuers().workloadAnchors()).toHaveLength(1);
  });

  it('is the same for the root of our own', async () => {
    const own = epochs.domain.issuer('system-root').issuerId;
    const { successor } = await rotate(own);
    expect(issuers().systemAnchors()).toHaveLength(2);
    expect(issuers().meshAnchors()).toHaveLength(1);
    await epochs.publishCrl(successor);
    await expect(rotate(own)).rejects.toThrow(IssuerNotReadyError);
    epochs.domain.clock.advance(7 * DAY);
    await rotate(own);
    await changeEpochs(['system']);
    expect(issuers().line('system').standby?.parent).toBe(successor);
    await expect(retire(own)).rejects.toThrow(EpochNotOverError);
  });

  it('is for a ceremony where the root’s key is not here', async () => {
    await epochs.domain.signer.destroy(epochs.domain.issuer('root').keyId);
    await expect(rotate(old)).rejects.toThrow(IssuerNotReadyError);
    expect(issuers().line('root').standby).toBeUndefined();
  });

  describe('with an intermediate', () => {
    let between: IssuerId;
    beforeEach(async () => {
      const { signer, settings, clock } = epochs.domain;
      const root = epochs.domain.issuer('root') as SigningIssuer;
      const made = await new Hierarchy(signer, settings, clock.now()).intermediate(root);
      between = made.issuerId;
      const activated = { issuerId: between, activatedAt: timestamp(clock.now()) };
      await epochs.domain.append(
        issuerStream(between),
        { type: 'IssuerCreated', data: made },
        { type: 'IssuerActivated', data: activated },
      );
      await epochs.settle();
    });

    it('makes one below the new root, has it follow after the lead of epochs, and ends the old one by itself', async () => {
      await epochs.round();
      expect(issuers().line('intermediate').standby).toBeUndefined();
      const next = await activateRoot();
      await epochs.round();
      const { standby } = issuers().line('intermediate');
      expect(standby).toMatchObject({ epoch: 2, parent: next, status: 'prepared' });
      await epochs.publishCrl(standby!.issuerId);
      await epochs.round();
      expect(issuers().line('intermediate').current?.issuerId).toBe(between);
      epochs.domain.clock.advance(HOUR);
      await epochs.round();
      expect(issuers().line('intermediate').current?.issuerId).toBe(standby!.issuerId);
      await expect(retire(old)).rejects.toThrow(`${between} (intermediate, retiring)`);
      await endEpochs();
      await epochs.round();
      expect(issuers().get(between).status).toBe('retired');
      expect(await epochs.hasKey(between)).toBe(false);
      expect(issuers().line('intermediate').standby).toBeUndefined();
    });

    it('makes the next one before issuers below it would be cut short, as long as the root outlives it', async () => {
      // Intermediates live for 500 days, issuers for 125, the root for 1000.
      epochs.domain.clock.advance(374 * DAY);
      await epochs.round();
      expect(issuers().line('intermediate').standby).toBeUndefined();
      epochs.domain.clock.advance(2 * DAY);
      await epochs.round();
      const second = await followed(2);
      expect(second.parent).toBe(old);
      epochs.domain.clock.advance(380 * DAY);
      await epochs.round();
      const third = await followed(3);
      expect(third.notAfter).toBe(issuers().get(old).notAfter);
      epochs.domain.clock.advance(200 * DAY);
      await epochs.round();
      expect(issuers().line('intermediate').standby).toBeUndefined();
    });
    const followed = async (epoch: number) => {
      const { standby } = issuers().line('intermediate');
      expect(standby).toMatchObject({ epoch, status: 'prepared' });
      await epochs.publishCrl(standby!.issuerId);
      epochs.domain.clock.advance(HOUR);
      await epochs.round();
      expect(issuers().line('intermediate').current?.issuerId).toBe(standby!.issuerId);
      return standby!;
    };

    it('rotates it alone on order, below the same root', async () => {
      const { successor } = await rotate(between);
      expect(issuers().get(successor)).toMatchObject({ purpose: 'intermediate', parent: old });
      await expect(rotate(between)).rejects.toThrow(IssuerNotReadyError);
      await epochs.publishCrl(successor);
      epochs.domain.clock.advance(HOUR);
      expect(await rotate(between)).toMatchObject({ step: 'activated', successor });
      expect(issuers().meshAnchors()).toHaveLength(1);
    });
  });
});
