import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPublicSide, type PublicSide } from '../testing/public-side.fixture.spec.js';
import { ResponderState } from './responder-state.js';

describe('the responder’s state', () => {
  let side: PublicSide;
  beforeEach(async () => {
    side = await openPublicSide();
  });
  afterEach(() => side.close());

  it('is the same when a batch that failed half-way is repeated', async () => {
    const certificate = await side.authority.issue(side.workload);
    side.authority.revoke(certificate);
    await side.authority.publishCrl(side.workload);
    const { events } = side.transport;
    const now = side.clock.now();
    const state = new ResponderState(3_600_000);
    state.fold(events.slice(0, events.length - 2), now);
    state.fold(events, now);
    state.fold(events, now);
    expect(state.crls.materialise()).toEqual([]);
    expect(state.crls.find(side.workload.issuerId)?.bytes).toEqual(side.state.crls.find(side.workload.issuerId)?.bytes);
    expect(state.statuses.find(side.workload.issuerId, certificate.serial)?.status.type).toBe('revoked');
  });

  it('makes a CRL’s bytes when it is published, not when it is asked for', async () => {
    const number = await side.authority.publishCrl(side.workload);
    expect(side.state.crls.find(side.workload.issuerId)?.number).toBe(number);
  });

  it('keeps the last good CRL when the bytes are not those that were published, and counts it', async () => {
    const number = await side.authority.publishCrl(side.workload);
    await side.authority.publishCrl(side.workload, { sha256: '00'.repeat(32) });
    side.transport.heartbeat();
    expect(side.state.crls.find(side.workload.issuerId)?.number).toBe(number);
    expect(await side.metrics.render()).toContain('cartulary_responder_crl_mismatches_total 1');
    const next = await side.authority.publishCrl(side.workload);
    expect(side.state.crls.find(side.workload.issuerId)?.number).toBe(next);
  });
});
