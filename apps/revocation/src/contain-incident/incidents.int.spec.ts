import { createHash } from 'node:crypto';
import {
  certificateStream,
  type CertificateState,
  certificateDecider,
  fold,
  gateOf,
  gateStream,
  keyStream,
  type KeyHash,
  type NodeName,
  type Serial,
  type SpiffeId,
  timestamp,
  type TokenId,
  tokenStream,
} from '@cartulary/domain';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { IncidentHits } from '../enumerate-incident/hits.js';
import { IncidentWorld } from '../testing/incident.fixture.spec.js';

const identity = (name: string) => `spiffe://cluster.local/ns/${name}/sa/cart` as SpiffeId;
const keyOf = (text: string) => createHash('sha256').update(text).digest('hex') as KeyHash;

describe('an incident, on Postgres', () => {
  let world: IncidentWorld;
  beforeAll(async () => {
    world = await IncidentWorld.create();
  });
  afterEach(() => world.stop());
  afterAll(() => world.dispose());

  const statusOf = async (serial: Serial): Promise<CertificateState['status']> =>
    fold(certificateDecider, (await world.domain.ledger.readStream(certificateStream(serial))).events).status;
  const closureOf = async (incidentId: string) => {
    const { events } = await world.domain.ledger.readStream(gateStream());
    return gateOf(events).closures.find((closure) => closure.incidentId === incidentId);
  };

  it('revokes what the selector means and all that descends from it, and nothing else', async () => {
    world.start();
    const node = 'node-7' as NodeName;
    const [hit, stranger] = await world.issue([{ node }, { node: 'node-8' as NodeName }]);
    const [child, renewed] = await world.issue([
      { credential: `certificate:${hit}`, identity: identity('other') },
      { predecessor: hit!, credential: 'token:abcdef012345' },
    ]);
    const [grandchild] = await world.issue([{ credential: `certificate:${child}`, identity: identity('other') }]);
    const incident = await world.contained({ selector: { node }, reason: 'keyCompromise' });
    expect(incident.progress).toEqual({ hit: 4, revoked: 4, alreadyRevoked: 0, expired: 0, remaining: 0 });
    expect(await world.revocations([hit!, child!, renewed!, grandchild!, stranger!])).toEqual([1, 1, 1, 1, 0]);
    expect(await closureOf(incident.incidentId)).toMatchObject({ status: 'narrowed' });
  });

  it.each([
    ['identity', { identity: identity('by-identity') }, { identity: identity('by-identity') }],
    ['namespace', { namespace: 'by-namespace' }, { identity: identity('by-namespace') }],
    ['key', { keyHash: keyOf('by-key') }, { keyHash: keyOf('by-key') }],
    [
      'time and namespace',
      { namespace: 'by-time', issuedBetween: { from: '2026-02-01T00:00:00Z', to: '2026-02-02T00:00:00Z' } },
      { identity: identity('by-time'), issuedAt: timestamp(new Date('2026-02-01T12:00:00Z')) },
    ],
  ])('selects by %s', async (_name, selector, issuance) => {
    world.start();
    const [hit, other] = await world.issue([issuance, { identity: identity('by-time') }]);
    const { progress } = await world.contained({ selector });
    expect(progress).toMatchObject({ hit: 1, revoked: 1 });
    expect(await world.revocations([hit!, other!])).toEqual([1, 0]);
  });

  it('selects by serials and by issuer, and leaves OCSP delegates to answer', async () => {
    world.start();
    const [one, two] = await world.issue([{}, {}]);
    expect((await world.contained({ selector: { serials: [one!] } })).progress.hit).toBe(1);
    expect(await world.revocations([one!, two!])).toEqual([1, 0]);
    const issuedAt = timestamp(new Date('2026-01-01T00:00:00Z'));
    const namespace = 'by-issuer';
    const [leaf, delegate] = await world.issue([
      { identity: identity(namespace), issuedAt },
      { identity: identity(namespace), issuedAt, profile: 'ocsp-signing' },
    ]);
    const { issuerId } = world.domain.issuer('workload');
    await world.contained({ selector: { issuerId, namespace } });
    expect(await world.revocations([leaf!, delegate!])).toEqual([1, 0]);
  });

  it('blocks the key that it names alone, and revokes the tokens that hit credentials have made', async () => {
    world.start();
    const keyHash = keyOf('stolen');
    const [hit] = await world.issue([{ keyHash }]);
    const tokenId = 'tokenofthief' as TokenId;
    const now = timestamp(world.domain.clock.now());
    await world.domain.ledger.append({
      expectations: [{ stream: tokenStream(tokenId), version: 0 }],
      events: [
        {
          stream: tokenStream(tokenId),
          type: 'TokenCreated',
          data: { tokenId, name: 't', grant: { role: 'issuer' }, secretHash: 'x', createdAt: now, expiresAt: now },
        },
      ],
      actor: { id: 'thief', credential: `certificate:${hit}` },
      correlationId: 'test',
      recordedAt: now,
    });
    const [byToken] = await world.issue([{ credential: `token:${tokenId}`, identity: identity('bank') }]);
    const { preview } = await world.declare({ selector: { keyHash }, dryRun: true });
    expect(preview).toMatchObject({ hit: expect.any(Number) });
    const { progress } = await world.contained({ selector: { keyHash } });
    expect(progress).toMatchObject({ hit: 2, revoked: 2 });
    expect(await statusOf(byToken!)).toBe('revoked');
    const [token, key] = await Promise.all(
      [tokenStream(tokenId), keyStream(keyHash)].map((stream) => world.domain.ledger.readStream(stream)),
    );
    expect(token!.events.map(({ type }) => type)).toEqual(['TokenCreated', 'TokenRevoked']);
    expect(key!.events.map(({ type }) => type)).toEqual(['KeyBlocked']);
  });

  it('counts what was revoked before and what has expired, and replaces a harmless reason', async () => {
    world.start();
    const of = identity('counted');
    const past = timestamp(new Date(world.domain.clock.now().getTime() - 3_600_000));
    const [live, revoked] = await world.issue([{ identity: of }, { identity: of }, { identity: of, notAfter: past }]);
    const named = { serial: revoked!, issuerId: world.domain.issuer('workload').issuerId, notAfter: past };
    const [event] = await world.domain.append(certificateStream(revoked!), {
      type: 'CertificateRevoked',
      data: { ...named, reason: 'superseded', revokedAt: timestamp(world.domain.clock.now()) },
    });
    await world.caughtUp(60_000, event!.position);
    const { preview } = await world.declare({ selector: { identity: of }, dryRun: true });
    expect(preview).toMatchObject({
      ...{ hit: 3, live: 1, alreadyRevoked: 1, expired: 1, descendants: 0, system: 0, tokens: 0 },
      ...{ identityCount: 1, identities: [{ identity: of, certificates: 3 }] },
    });
    expect(preview!.sample.map(({ serial }) => serial)).toContain(live);
    const { progress } = await world.contained({ selector: { identity: of } });
    expect(progress).toEqual({ hit: 3, revoked: 1, alreadyRevoked: 1, expired: 1, remaining: 0 });
  });

  it('appends nothing in a dry run', async () => {
    const before = await world.domain.ledger.head();
    const { incident, preview } = await world.declare({ selector: { namespace: 'shop' }, dryRun: true });
    expect([incident, typeof preview?.hit]).toEqual([undefined, 'number']);
    expect((await world.domain.ledger.head()).position).toBe(before.position);
  });

  it('is refused to namespaced grants, to a credential that it hits, and where it means nothing', async () => {
    const refused = (code: string, ...args: Parameters<IncidentWorld['declare']>) =>
      expect(world.declare(...args)).rejects.toMatchObject({ code });
    const admin = { kind: 'token', actor: { id: 'a', credential: 'token:abcdef012345' } } as const;
    await refused(
      'FORBIDDEN',
      { selector: { node: 'n' } },
      { ...admin, grant: { role: 'admin', namespaces: ['shop'] } },
    );
    await refused('INVALID_VALUE', { selector: {} });
    await refused('CERTIFICATE_NOT_FOUND', { selector: { serials: ['01ff'] } });
    await refused('ISSUER_NOT_FOUND', { selector: { issuerId: 'ffffffffffffffff' } });
    await refused('INVALID_VALUE', {
      selector: { issuedBetween: { from: '2026-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' } },
    });
    await refused('REISSUE_FIRST_REFUSED', { selector: { node: 'n' }, reissueFirst: { window: '10m' } });
    const [own] = await world.issue([{ node: 'mine' as NodeName }]);
    const caller = { kind: 'certificate', actor: { id: 'a', credential: `certificate:${own}` } } as const;
    await refused('INCIDENT_HITS_CALLER', { selector: { node: 'mine' } }, { ...caller, grant: { role: 'admin' } });
  });

  it('has what it hits renewed first where that is asked for, then revokes it', async () => {
    world.start();
    const namespace = 'renewed-first';
    const [hit] = await world.issue([{ identity: identity(namespace) }]);
    const { incident } = await world.declare({ selector: { namespace }, reissueFirst: { window: '1h' } });
    const { rotationId } = incident!.reissueFirst!;
    const ordered = (await world.domain.ledger.readStream(`rotation-${rotationId}`)).events;
    expect(ordered).toMatchObject([{ type: 'RotationOrdered', data: { selector: { namespace } } }]);
    const closure = (await closureOf(incident!.incidentId))!;
    await world.caughtUp();
    await world.containment().contain(closure, new AbortController().signal);
    expect(await statusOf(hit!)).toBe('active');
    await world.domain.append(`rotation-${rotationId}`, {
      type: 'RotationCompleted',
      data: { rotationId, progress: {}, completedAt: timestamp(world.domain.clock.now()) },
    });
    await world.containment().contain(closure, new AbortController().signal);
    expect(await statusOf(hit!)).toBe('revoked');
  });

  it('is seen through once by three replicas at once, against a projection that stands still', async () => {
    const namespace = 'contested';
    world.start();
    const serials = await world.issue(Array.from({ length: 5_000 }, () => ({ identity: identity(namespace) })));
    await world.caughtUp();
    await world.stop();
    const { incident } = await world.declare({ selector: { namespace } });
    // Revoked behind the projection's back.
    const some = serials.slice(0, 1_500);
    for (const serial of some.slice(0, 20)) {
      const named = { serial, issuerId: world.domain.issuer('workload').issuerId };
      const revokedAt = timestamp(world.domain.clock.now());
      const data = { ...named, notAfter: revokedAt, reason: 'keyCompromise', revokedAt };
      await world.domain.append(certificateStream(serial), { type: 'CertificateRevoked', data });
    }
    const closure = (await closureOf(incident!.incidentId))!;
    const containments = Array.from({ length: 3 }, () => world.containment());
    await Promise.all(containments.map((one) => one.contain(closure, new AbortController().signal)));
    const { progress, status } = await world.show(incident!.incidentId);
    expect(status).toBe('contained');
    expect(progress).toEqual({ hit: 5_000, revoked: 4_980, alreadyRevoked: 20, expired: 0, remaining: 0 });
    expect(new Set(await world.revocations(serials))).toEqual(new Set([1]));
  });

  it('goes on where it was interrupted', async () => {
    const namespace = 'interrupted';
    world.start();
    const serials = await world.issue(Array.from({ length: 3_500 }, () => ({ identity: identity(namespace) })));
    await world.caughtUp();
    await world.stop();
    const { incident } = await world.declare({ selector: { namespace } });
    const closure = (await closureOf(incident!.incidentId))!;
    class Interrupted extends IncidentHits {
      pages = 0;
      override page(...args: Parameters<IncidentHits['page']>) {
        if (++this.pages > 1) return Promise.reject(new Error('interrupted'));
        return super.page(...args);
      }
    }
    const signal = new AbortController().signal;
    for (let attempt = 0; attempt < 2; attempt++) {
      const interrupted = world.containment(new Interrupted(world.projections));
      await expect(interrupted.contain(closure, signal)).rejects.toThrow('interrupted');
    }
    const { progress } = await world.show(incident!.incidentId);
    expect(progress.revoked).toBeGreaterThan(0);
    expect(progress.remaining).toBeGreaterThan(0);
    await world.containment().contain(closure, signal);
    expect(await world.show(incident!.incidentId)).toMatchObject({ status: 'contained', progress: { revoked: 3_500 } });
    expect(new Set(await world.revocations(serials))).toEqual(new Set([1]));
  });
});
