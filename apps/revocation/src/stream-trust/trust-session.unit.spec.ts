import type { CrlMessage, RotationMessage, RevocationMessage, StreamTrustResponse } from '@cartulary/contracts';
import type { IssuerId } from '@cartulary/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ServiceRules } from '../rule-services/service-rules.js';
import { TrustSession } from './trust-session.js';

const time = { seconds: 0, nanos: 0 };
const crl = (issuerId: string, number: number, size = 10): CrlMessage => ({
  ...{ issuerId, number, role: 'ROLE_ISSUER', thisUpdate: time, nextUpdate: time },
  ...{ issuerName: Buffer.alloc(0), der: Buffer.alloc(size), sha256: Buffer.alloc(32) },
});

class FakeFeed {
  position = 5;
  sequence = 1;
  lists: CrlMessage[] = [crl('a', 1), crl('b', 2)];
  revocations: RevocationMessage[] = [];
  bundle = () => ({ trustDomain: 'cluster.local', anchors: [], intermediates: [], sequence: this.sequence });
  crls = () =>
    this.lists.map((one) => ({ issuerId: one.issuerId as IssuerId, number: one.number, message: () => one }));
  revocationsAfter = (position: number) => this.revocations.filter((one) => one.position > position);

  revoke(serial: string): void {
    const position = ++this.position;
    this.revocations.push({ issuerId: 'a', serial, status: 'STATUS_REVOKED', at: time, position, spiffeId: '' });
  }
}

let feed: FakeFeed;
let suspended: string[];
let services: ServiceRules[];
let rotations: RotationMessage[];
beforeEach(() => {
  feed = new FakeFeed();
  suspended = [];
  services = [];
  rotations = [];
});
const open = (held: { issuerId: string; number: number }[] = []) =>
  new TrustSession(
    feed,
    { suspended: () => suspended, services: () => services, rotations: () => rotations },
    { held },
  );
const lacking = (session: TrustSession): StreamTrustResponse[] => [...session.lacking()];
const numbers = (messages: readonly StreamTrustResponse[]) =>
  messages.map(({ crls = [] }) => crls.map(({ issuerId, number }) => `${issuerId}${number}`));

describe('what a stream lacks', () => {
  it('is everything at first, and the last message says so', () => {
    const messages = lacking(open());
    expect(numbers(messages)).toEqual([[], ['a1', 'b2']]);
    expect(messages[0]).toMatchObject({ position: 5, complete: false, suspensions: { spiffeIds: [] } });
    expect(messages[0]!.bundle?.sequence).toBe(1);
    expect(messages[1]!.complete).toBe(true);
  });
  it('is nothing when nothing has changed', () => {
    const session = open();
    lacking(session);
    feed.position++;
    expect(lacking(session)).toEqual([]);
  });
  it('is what has changed, the urgent first', () => {
    const session = open();
    lacking(session);
    feed.revoke('01aa');
    feed.lists[0] = crl('a', 6);
    suspended = ['spiffe://x'];
    const messages = lacking(session);
    expect(messages[0]).toMatchObject({
      ...{ position: 6, complete: true, revocations: [{ serial: '01aa' }], suspensions: { spiffeIds: ['spiffe://x'] } },
    });
    expect(messages[0]!.bundle).toBeUndefined();
    expect(numbers(messages)).toEqual([[], ['a6']]);
    expect(lacking(session)).toEqual([]);
  });
  it('is the whole list of services, when one has changed', () => {
    const session = open();
    expect(lacking(session)[0]!.services).toEqual({ rules: [] });
    const rule = { service: 'cart.shop', runs: ['spiffe://a'], callers: ['spiffe://b'], enforced: true };
    services = [{ ...rule, mode: 'strict' }];
    expect(lacking(session)).toMatchObject([
      { complete: true, services: { rules: [{ ...rule, mode: 'MODE_STRICT' }] } },
    ]);
    feed.revoke('01aa');
    expect(lacking(session)[0]!.services).toBeUndefined();
    services = [{ ...rule, mode: 'permissive' }];
    expect(lacking(session)[0]!.services!.rules).toMatchObject([{ mode: 'MODE_PERMISSIVE' }]);
  });
  it('is told once of each order to rotate', () => {
    const session = open();
    lacking(session);
    const order = { rotationId: 'r1', serials: ['01aa'], from: time, until: time };
    rotations = [order];
    expect(lacking(session)).toMatchObject([{ rotations: [order] }]);
    expect(lacking(session)).toEqual([]);
    rotations = [order, { ...order, rotationId: 'r2' }];
    expect(lacking(session)[0]!.rotations).toHaveLength(1);
    expect(lacking(open())[0]!.rotations).toHaveLength(2);
  });
  it('is told once what ended', () => {
    const session = open();
    lacking(session);
    feed.lists.shift();
    expect(lacking(session)).toMatchObject([{ endedIssuers: ['a'] }]);
    expect(lacking(session)).toEqual([]);
  });
  it('leaves out the bytes of a CRL that it holds, and of that one alone', () => {
    const messages = lacking(
      open([
        { issuerId: 'a', number: 1 },
        { issuerId: 'b', number: 1 },
      ]),
    );
    expect(messages[1]!.crls!.map(({ der }) => der.length)).toEqual([0, 10]);
  });
  it('comes in messages of a megabyte, but for a CRL that is larger', () => {
    feed.lists = [crl('a', 1, 600_000), crl('b', 1, 600_000), crl('c', 1, 5), crl('d', 1, 3_000_000), crl('e', 1)];
    expect(numbers(lacking(open()))).toEqual([[], ['a1'], ['b1', 'c1'], ['d1'], ['e1']]);
  });
  it('is said also where there is nothing: then it is complete', () => {
    feed.lists = [];
    expect(lacking(open())).toMatchObject([{ complete: true }]);
  });
  it('holds no revocation of before: that is in the CRLs', () => {
    feed.revoke('01aa');
    expect(lacking(open())[0]!.revocations).toBeUndefined();
  });

  describe('of canaries', () => {
    const canary = (issuerId: string, number: number) => ({ issuerId, number, chain: [], privateKey: Buffer.alloc(1) });
    const told = (messages: readonly StreamTrustResponse[]) =>
      messages.flatMap(({ canaries = [] }) => canaries.map(({ issuerId, number }) => `${issuerId}${number}`));
    const asking = (canaries: boolean, all: ReturnType<typeof canary>[]) =>
      new TrustSession(
        feed,
        { suspended: () => [], services: () => [], rotations: () => [], canaries: () => all },
        { held: [], canaries },
      );

    it('is nothing where they were not asked for', () =>
      expect(told(lacking(asking(false, [canary('a', 1)])))).toEqual([]));
    it('comes behind the CRL that lists it, once', () => {
      const all = [canary('a', 1)];
      const session = asking(true, all);
      const messages = lacking(session);
      expect(told(messages)).toEqual(['a1']);
      expect(messages.findIndex(({ canaries }) => canaries)).toBe(messages.length - 1);
      all[0] = canary('a', 3);
      expect(told(lacking(session))).toEqual([]);
      feed.lists = [crl('a', 4), crl('b', 2)];
      expect(told(lacking(session))).toEqual(['a3']);
      expect(lacking(session)).toEqual([]);
    });
  });
});
