import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { certificateFacts } from '@cartulary/x509';
import { openPublicSide, type PublicSide } from '../testing/public-side.fixture.spec.js';
import { type Delegate, Delegations } from './delegations.js';
import { OcspDelegation } from './ocsp-delegation.js';

const DAY = 86_400_000;

describe('Delegations', () => {
  let side: PublicSide;
  let delegations: Delegations;
  beforeEach(async () => {
    side = await openPublicSide();
    delegations = new Delegations(side.authority, side.state, side.clock);
    await delegations.renew();
    side.authority.delegations.length = 0;
  });
  afterEach(() => side.close());

  const current = (): Delegate => {
    const delegate = delegations.find(side.workload.issuerId, side.clock.now());
    if (!delegate) throw new Error('no delegate');
    return delegate;
  };

  it('asks for every issuer whose key is ours, with one key of its own', () => {
    const root = delegations.find(side.root.issuerId, side.clock.now());
    expect(root?.keyId).toBe(current().keyId);
    expect(certificateFacts(current().certificate).issuerName).toEqual(
      certificateFacts(side.workload.certificate).subjectName,
    );
  });

  it('renews with a new key, after half and before two thirds of the life', async () => {
    const before = current();
    side.clock.advance(3.5 * DAY);
    await delegations.renew();
    expect(side.authority.delegations).toEqual([]);
    side.clock.advance((7 * 2 * DAY) / 3 - 3.5 * DAY);
    side.transport.heartbeat();
    await delegations.renew();
    expect(current().keyId).not.toBe(before.keyId);
    expect(current().notAfter.getTime()).toBeGreaterThan(before.notAfter.getTime());
  });

  it('keeps the old one until it ends while there is no new one, and takes its time between tries', async () => {
    const before = current();
    side.authority.delegationFails = new Error('issuance is away');
    side.clock.advance(5 * DAY);
    await delegations.renew();
    const tries = side.authority.delegations.length;
    expect(tries).toBe(2);
    await delegations.renew();
    expect(side.authority.delegations).toHaveLength(tries);
    expect(current()).toBe(before);
    side.clock.advance(60_000);
    await delegations.renew();
    expect(side.authority.delegations).toHaveLength(2 * tries);
    side.clock.advance(2 * DAY);
    expect(delegations.find(side.workload.issuerId, side.clock.now())).toBeUndefined();
    side.authority.delegationFails = undefined;
    await delegations.renew();
    expect(current().notAfter.getTime()).toBeGreaterThan(before.notAfter.getTime());
  });

  it('does not take a certificate for another key, nor one that has ended', async () => {
    class Confused extends OcspDelegation {
      constructor(private readonly certificate: Buffer) {
        super();
      }
      override delegate(): Promise<Buffer> {
        return Promise.resolve(this.certificate);
      }
    }
    const confused = new Delegations(new Confused(current().certificate), side.state, side.clock);
    await confused.renew();
    expect(confused.find(side.workload.issuerId, side.clock.now())).toBeUndefined();
    side.authority.delegationLife = 0;
    const late = new Delegations(side.authority, side.state, side.clock);
    await late.renew();
    expect(late.find(side.workload.issuerId, side.clock.now())).toBeUndefined();
  });

  it('gets one for a new issuer as soon as that issues, and for none that has ended', async () => {
    const server = await side.authority.createIssuer(side.root, 'server');
    expect(side.delegations.find(server.issuerId, side.clock.now())).toBeUndefined();
    side.authority.activate(server);
    await vi.waitFor(() => expect(side.delegations.find(server.issuerId, side.clock.now())).toBeDefined());
    side.clock.advance(31 * DAY);
    expect(side.delegations.wanted(side.clock.now()).map(({ issuerId }) => issuerId)).toEqual([side.root.issuerId]);
  });
});
