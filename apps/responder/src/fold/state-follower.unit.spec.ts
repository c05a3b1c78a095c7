import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RecordedEvent } from '@cartulary/ledger';
import { InMemoryLedger } from '@cartulary/ledger/testing';
import { SystemClock } from '@cartulary/runtime';
import { InMemoryTransport } from '@cartulary/transport/testing';
import { openPublicSide, type PublicSide } from '../testing/public-side.fixture.spec.js';
import { noSnapshots } from '../testing/no-snapshots.fixture.spec.js';
import { ResponderState } from './responder-state.js';
import { StateFollower } from './state-follower.js';

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
    state.crls.materialise((error) => expect.fail(String(error)));
    const bytesOf = ({ crls }: ResponderState) => crls.find(side.workload.issuerId)?.octets.join();
    expect(bytesOf(state)).toEqual(bytesOf(side.state));
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

  it('follows the ledger’s own transport, and knows no more than that says', async () => {
    const ledger = new InMemoryLedger({ pollInterval: 20 });
    const copy = async ({ stream, version, type, data, recordedAt }: RecordedEvent): Promise<void> => {
      const expectations = [{ stream, version: version - 1 }];
      const actor = { id: 'test', credential: 'system' };
      await ledger.append({ expectations, events: [{ stream, type, data }], actor, correlationId: 'test', recordedAt });
    };
    const certificate = await side.authority.issue(side.workload);
    await side.authority.publishCrl(side.workload);
    for (const event of side.transport.events) await copy(event);

    const transport = new InMemoryTransport(ledger);
    const state = new ResponderState(3_600_000);
    const follower = new StateFollower(transport, state, new SystemClock(), noSnapshots(), side.metrics);
    await follower.onApplicationBootstrap();
    await vi.waitFor(() => expect(state.asOf).toBeDefined());
    const { issuerId } = side.workload;
    expect(state.crls.find(issuerId)).toEqual(side.state.crls.find(issuerId));
    expect(state.statuses.find(issuerId, certificate.serial)?.status.type).toBe('good');

    side.authority.revoke(certificate);
    for (const event of side.transport.events.slice(-1)) await copy(event);
    await vi.waitFor(() => expect(state.statuses.find(issuerId, certificate.serial)?.status.type).toBe('revoked'));

    ledger.unavailable = true;
    await new Promise((resolve) => setTimeout(resolve, 50));
    const last = state.asOf;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(state.asOf).toEqual(last);
    ledger.unavailable = false;
    await vi.waitFor(() => expect(state.asOf?.getTime()).toBeGreaterThan(last?.getTime() ?? Infinity));
    await follower.onApplicationShutdown();
    await transport.close();
    await ledger.close();
  });
});
