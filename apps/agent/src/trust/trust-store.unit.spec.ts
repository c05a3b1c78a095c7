import { beforeEach, describe, expect, it } from 'vitest';
import { FixedClock, Metrics } from '@cartulary/runtime';
import { TestHierarchy } from '@cartulary/x509/testing';
import { FakeCa } from '../testing/index.js';
import type { TrustChange } from '../authority/authority.js';
import { covers, isServable, uncovered } from './trust-state.js';
import { TrustStore } from './trust-store.js';

const start = new Date('2026-11-26T12:00:00Z');
const nothing = { crls: [], endedIssuers: [], rotations: [], revocations: [] };

describe('the last good trust', () => {
  let clock: FixedClock;
  let ca: FakeCa;
  let metrics: Metrics;
  let store: TrustStore;
  beforeEach(async () => {
    clock = new FixedClock(start);
    ca = await FakeCa.create(start);
    metrics = new Metrics({ process: false });
    store = new TrustStore(clock, metrics);
    store.begin();
  });

  const whole = (more: Partial<TrustChange> = {}): TrustChange => ({
    ...{ ...nothing, position: ca.position, complete: true, bundle: ca.bundle, crls: ca.crls },
    ...more,
  });
  const change = (more: Partial<TrustChange>): TrustChange => ({
    ...{ ...nothing, position: ca.position, complete: true },
    ...more,
  });
  const numberOf = (issuerId: string) => store.state?.crls.find((crl) => crl.issuerId === issuerId)?.number;
  const refused = async (code: string): Promise<boolean> =>
    (await metrics.render()).includes(`agent_trust_refused_total{code="${code}"}`);

  it('is there once the whole of it has come, and covers what comes from the CA', async () => {
    store.apply(whole());
    const { certificate } = ca.hierarchy.issuers.workload;
    const leaf = await ca.hierarchy.workload();
    const chain = [leaf.certificate, certificate, ca.hierarchy.intermediate.certificate];
    expect(isServable(store.state!, start)).toBe(true);
    expect(uncovered(store.state!, start)).toEqual([]);
    expect(covers(store.state!, chain, start)).toBe(true);
  });

  it('takes CRLs that come before the bundle', () => {
    store.apply(change({ complete: false, crls: ca.crls }));
    expect(store.state).toBeUndefined();
    store.apply(whole({ crls: [] }));
    expect(store.state!.crls).toHaveLength(3);
  });

  it('keeps each CA’s last good CRL when the next is none, and takes the others’', async () => {
    store.apply(whole());
    const [root, , workload] = ca.issuerIds as [string, string, string];
    const before = numberOf(workload);
    const good = await ca.publish(root, start);
    const bad = { issuerId: workload, number: 900n, der: Buffer.from('garbage') };
    store.apply(change({ crls: [bad, good] }));
    expect(numberOf(workload)).toBe(before);
    expect(numberOf(root)).toBe(good.number);
    expect(await refused('CRL_MALFORMED')).toBe(true);
  });

  it('never goes back to a lower number', async () => {
    const [older] = ca.crls.filter(({ issuerId }) => issuerId === ca.workloadIssuerId);
    const newer = await ca.publish(ca.workloadIssuerId, start);
    store.apply(whole());
    store.apply(change({ crls: [older!] }));
    expect(numberOf(ca.workloadIssuerId)).toBe(newer.number);
    expect(await refused('CRL_NUMBER_LOWER')).toBe(true);
  });

  it('keeps the bundle when the next has no root in it', async () => {
    store.apply(whole());
    const bundle = { ...ca.bundle, anchors: [ca.hierarchy.intermediate.certificate], sequence: 2 };
    store.apply(change({ bundle }));
    expect(store.state!.bundle.anchors).toEqual(ca.bundle.anchors);
    expect(await refused('BUNDLE_ANCHOR_NOT_A_ROOT')).toBe(true);
  });

  it('keeps the bundle when an older one comes from a replica that is behind', () => {
    store.apply(whole({ bundle: { ...ca.bundle, sequence: 7 } }));
    store.apply(change({ bundle: { ...ca.bundle, intermediates: [], sequence: 6 } }));
    expect(store.state!.bundle.intermediates).toHaveLength(2);
  });

  it('says which CA has no CRL', () => {
    store.apply(whole({ crls: ca.crls.slice(0, 2) }));
    expect(uncovered(store.state!, start)).toEqual([ca.hierarchy.issuers.workload.certificate]);
    const chain = [ca.hierarchy.issuers.workload.certificate];
    expect(covers(store.state!, chain, start)).toBe(true);
  });

  it('forgets what has ended', () => {
    store.apply(whole());
    store.apply(change({ endedIssuers: [ca.workloadIssuerId] }));
    expect(numberOf(ca.workloadIssuerId)).toBeUndefined();
  });

  it('forgets what is not in a later whole, unless that is an older one', () => {
    store.apply(whole());
    const some = ca.crls.slice(0, 2);
    store.begin();
    store.apply(whole({ crls: some, position: ca.position - 1 }));
    expect(store.state!.crls).toHaveLength(3);
    store.begin();
    store.apply(whole({ crls: some }));
    expect(store.state!.crls).toHaveLength(2);
  });

  it('keeps what was named without its bytes', () => {
    store.apply(whole());
    store.begin();
    store.apply(whole({ crls: ca.crls.map((crl) => ({ ...crl, der: Buffer.alloc(0) })) }));
    expect(store.state!.crls).toHaveLength(3);
  });

  it('is not served any more when a CRL has ended', async () => {
    await ca.publish(ca.workloadIssuerId, start, 60_000);
    store.apply(whole());
    expect(isServable(store.state!, start)).toBe(true);
    clock.advance(60_000);
    expect(isServable(store.state!, clock.now())).toBe(false);
  });

  it('is of no use with another’s CAs', async () => {
    const stranger = await TestHierarchy.create(start);
    store.apply(whole({ bundle: { ...ca.bundle, anchors: [stranger.root.certificate] } }));
    expect(store.state!.crls).toEqual([]);
    expect(isServable(store.state!, start)).toBe(false);
  });
});
