import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildOcspRequest, type OcspStatus, parseOcspResponse } from '@cartulary/x509';
import { HeldDelegations, settled } from '../testing/held-signatures.fixture.spec.js';
import { openPublicSide, type PublicSide, testSettings } from '../testing/public-side.fixture.spec.js';
import type { TestCertificate } from '../testing/test-authority.fixture.spec.js';
import { OcspResponder } from './ocsp-responder.js';

interface Said {
  readonly status: OcspStatus['type'];
  readonly thisUpdate: Date;
}

describe('an OCSP answer whose certificate changes while it is being signed', () => {
  let side: PublicSide;
  let delegations: HeldDelegations;
  let responder: OcspResponder;
  let certificate: TestCertificate;
  let said: Said[];

  beforeEach(async () => {
    side = await openPublicSide();
    delegations = new HeldDelegations(side.authority, side.state, side.clock);
    await delegations.renew();
    responder = new OcspResponder(side.state, delegations, testSettings, side.clock, side.metrics);
    certificate = await side.authority.issue(side.workload);
    said = [];
  });
  afterEach(() => side.close());

  const ask = (
    options: Parameters<typeof buildOcspRequest>[2] = {},
    heard = (_said: Said): void => undefined,
  ): void => {
    const request = buildOcspRequest(side.workload.certificate, [certificate.serial], options);
    void responder.answer(request, ({ der }) => {
      const response = parseOcspResponse(der);
      if (response.status !== 'successful') throw new Error(response.status);
      const [single] = response.responses;
      if (!single) throw new Error('an answer without a status');
      const { status, thisUpdate } = single;
      said.push({ status: status.type, thisUpdate });
      heard({ status: status.type, thisUpdate });
    });
  };
  const statuses = (): string[] => said.map(({ status }) => status);

  it('is signed again, and neither sent nor kept as it was', async () => {
    ask();
    await settled();
    side.authority.revoke(certificate);
    await delegations.release();
    expect(said).toEqual([]);
    await delegations.release();
    expect(statuses()).toEqual(['revoked']);

    ask();
    await settled();
    expect(statuses()).toEqual(['revoked', 'revoked']);
    expect(delegations.waiting).toBe(0);
  });

  it('does not join a signature that was begun before the change', async () => {
    ask();
    await settled();
    side.authority.revoke(certificate);
    ask();
    await settled();
    expect(delegations.waiting).toBe(2);
    await delegations.release(1);
    expect(statuses()).toEqual(['revoked']);
    // The first asks once more, and is given what was kept for the second.
    await delegations.release();
    expect(statuses()).toEqual(['revoked', 'revoked']);
  });

  it('is shared by those who ask the same at once', async () => {
    for (let asked = 0; asked < 10; asked++) ask();
    await settled();
    expect(delegations.waiting).toBe(1);
    await delegations.release();
    expect(statuses()).toEqual(Array(10).fill('good'));
  });

  it('is not shared where a nonce is to be echoed', async () => {
    ask();
    ask({ nonce: Buffer.from('one') });
    ask({ nonce: Buffer.from('two') });
    await settled();
    expect(delegations.waiting).toBe(3);
  });

  it('drops a kept answer when a hold begins, also when it was released since', async () => {
    ask();
    await settled();
    await delegations.release();
    side.authority.hold(certificate);
    side.authority.release(certificate);
    ask();
    await settled();
    expect(delegations.waiting).toBe(1);
    await delegations.release();
    expect(statuses()).toEqual(['good', 'good']);
  });

  it('gives up with tryLater when the time of what it knows runs out meanwhile', async () => {
    const heard: string[] = [];
    const request = buildOcspRequest(side.workload.certificate, [certificate.serial]);
    void responder.answer(request, ({ says }) => heard.push(says));
    await settled();
    side.transport.cutOff = true;
    side.clock.advance(testSettings.ocsp.validity);
    await delegations.release();
    expect(heard).toEqual(['tryLater']);
  });

  // Whatever the order of events, heartbeats, requests and signatures.
  it('never says good of a certificate that is revoked at that moment, nor dates a good at or after a revocation', async () => {
    type Step = 'hold' | 'release' | 'revoke' | 'heartbeat' | 'advance' | 'cut' | 'ask' | 'ask with nonce' | number;
    const weighted = (weight: number, ...steps: Step[]): { weight: number; arbitrary: fc.Arbitrary<Step> } => ({
      weight,
      arbitrary: fc.constantFrom(...steps),
    });
    const step = fc.oneof(
      weighted(3, 'ask', 'ask with nonce'),
      weighted(2, 'hold', 'release'),
      weighted(1, 'revoke', 'cut'),
      weighted(3, 'heartbeat', 'advance'),
      { weight: 4, arbitrary: fc.nat(5) },
    );
    let answers = 0;
    const lies: string[] = [];
    const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      certificate = await side.authority.issue(side.workload);
      side.transport.cutOff = false;
      side.clock.advance(testSettings.ocsp.maxAge);
      side.transport.heartbeat();
      let status: 'good' | 'held' | 'revoked' = 'good';
      let revokedAt: Date | undefined;
      const hear = ({ status: heard, thisUpdate }: Said): void => {
        answers++;
        const known = side.state.statuses.find(side.workload.issuerId, certificate.serial)?.status.type;
        if (heard !== known) lies.push(`${heard} of one that is ${known}`);
        if (heard === 'good' && revokedAt && thisUpdate >= revokedAt) lies.push('a good from after the revocation');
      };
      const actions: Record<Exclude<Step, number>, () => void> = {
        hold: () => {
          if (status !== 'good') return;
          status = 'held';
          side.authority.hold(certificate);
        },
        release: () => {
          if (status !== 'held') return;
          status = 'good';
          side.authority.release(certificate);
        },
        revoke: () => {
          status = 'revoked';
          revokedAt ??= side.clock.now();
          side.authority.revoke(certificate);
        },
        cut: () => (side.transport.cutOff = !side.transport.cutOff),
        heartbeat: () => side.transport.heartbeat(),
        advance: () => side.clock.advance(1_500),
        ask: () => ask({}, hear),
        'ask with nonce': () => ask({ nonce: Buffer.from('n') }, hear),
      };
      for (const one of steps) {
        if (typeof one === 'number') await delegations.release(one);
        else {
          actions[one]();
          await settled();
        }
      }
      side.transport.cutOff = false;
      side.transport.deliver();
      while (delegations.waiting > 0) await delegations.release();
      expect(lies).toEqual([]);
    });
    await fc.assert(property, { seed: 6960, numRuns: 100 });
    expect(answers).toBeGreaterThan(200);
  });
});
