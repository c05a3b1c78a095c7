import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPublicSide, type PublicSide, testSettings } from '../testing/public-side.fixture.spec.js';
import { ResponderMetrics } from './responder-metrics.js';

describe('readiness', () => {
  let side: PublicSide;
  beforeEach(async () => {
    side = await openPublicSide();
  });
  afterEach(() => side.close());

  const failing = async (): Promise<Record<string, string | undefined>> => {
    const { checks } = await side.health.readiness();
    const failed = Object.entries(checks).filter(([, { ok }]) => !ok);
    return Object.fromEntries(failed.map(([name, { detail }]) => [name, detail]));
  };

  it('is there when everything is', async () => {
    expect((await side.health.readiness()).ready).toBe(true);
  });

  it('ends when no news come, and returns with them', async () => {
    side.transport.cutOff = true;
    side.clock.advance(testSettings.ocsp.validity);
    expect(await failing()).toEqual({ 'responder-state': 'CUT_OFF' });
    side.transport.cutOff = false;
    side.transport.heartbeat();
    expect(await failing()).toEqual({});
  });

  it('needs a CRL of each issuer that is not past its nextUpdate', async () => {
    const server = await side.authority.createIssuer(side.root, 'server');
    side.transport.heartbeat();
    await side.delegations.renew();
    expect(await failing()).toEqual({});
    side.authority.activate(server);
    expect(await failing()).toEqual({ 'responder-crls': 'CRL_MISSING' });
    await side.authority.publishCrl(server, { life: 1_000 });
    expect(await failing()).toEqual({});
    side.clock.advance(1_000);
    expect(await failing()).toEqual({ 'responder-crls': 'CRL_EXPIRED' });
  });

  it('needs a delegated certificate of each issuer that issues', async () => {
    side.authority.delegationFails = new Error('issuance is away');
    const server = await side.authority.createIssuer(side.root, 'server');
    await side.authority.publishCrl(server);
    expect(await failing()).toEqual({});
    side.authority.activate(server);
    expect(await failing()).toEqual({ 'responder-delegations': 'OCSP_DELEGATION_MISSING' });
  });
});

describe('the gauges', () => {
  it('tell the age of what is known, also when nothing comes any more', async () => {
    const side = await openPublicSide();
    const gauges = new ResponderMetrics(side.state, side.clock, side.metrics);
    side.transport.cutOff = true;
    side.clock.advance(60_000);
    gauges.update();
    const text = await side.metrics.render();
    const { issuerId } = side.workload;
    const number = side.state.crls.find(issuerId)?.number;
    expect(text).toContain('cartulary_responder_freshness_age_seconds 60\n');
    expect(text).toContain(`cartulary_responder_crl_number{issuer="${issuerId}"} ${number}\n`);
    expect(text).toMatch(new RegExp(`crl_age_seconds\\{issuer="${issuerId}"\\} 360`));
    await side.close();
  });
});
