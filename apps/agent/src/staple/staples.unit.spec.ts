import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FixedClock } from '@cartulary/runtime';
import { parseOcspResponse } from '@cartulary/x509';
import { type DecodedSecret, decodeSecret, FakeAuthority, FakeResponder, SocketClient } from '../testing/index.js';
import { TestAgent, type TestStream } from '../testing/index.js';
import type { DiscoveryRequest, DiscoveryResponse } from '../sds/messages.js';

const cart = 'spiffe://cluster.local/ns/shop/sa/cart';
const patience = { timeout: 10_000 };

describe('staples in SDS', () => {
  let clock: FixedClock;
  let authority: FakeAuthority;
  let responder: FakeResponder;
  let agent: TestAgent;
  let client: SocketClient;
  let stream: TestStream<DiscoveryResponse, Partial<DiscoveryRequest>>;
  beforeEach(async () => {
    // Answers are dated by whole seconds.
    clock = new FixedClock(new Date(Math.floor(Date.now() / 1_000) * 1_000));
    authority = await FakeAuthority.create(clock);
    responder = await FakeResponder.start(authority.ca, clock);
  });
  afterEach(async () => {
    client.close();
    await agent.close();
    await responder.close();
  });

  const start = async (environment: Record<string, string> = {}): Promise<void> => {
    const staples = { CARTULARY_AGENT_STAPLES: 'true', CARTULARY_AGENT_RESPONDER: responder.url };
    agent = await TestAgent.start({ clock, authority, environment: { ...staples, ...environment } });
    authority.place([{ spiffeId: cart, selectors: [{ uid: process.getuid!() }], suspended: false }]);
    client = new SocketClient(agent.socket);
    stream = client.stateOfTheWorld();
    stream.send({ node: { id: 'envoy-1' }, resourceNames: ['default'] });
  };
  const next = async (): Promise<DecodedSecret & { version: string }> => {
    const { resources, nonce, versionInfo: version } = await stream.next();
    stream.send({ resourceNames: ['default'], responseNonce: nonce, versionInfo: version });
    return { ...decodeSecret(resources[0]!), version };
  };
  const serialOf = ({ certificateChain }: DecodedSecret): string =>
    new X509Certificate(certificateChain!).serialNumber.toLowerCase();
  const statusOf = ({ ocspStaple }: DecodedSecret) => {
    const answer = ocspStaple && parseOcspResponse(ocspStaple);
    return answer?.status === 'successful'
      ? answer.responses.map(({ certId, status }) => [certId.serial, status.type])
      : [];
  };
  const result = async (line: string): Promise<boolean> =>
    (await agent.metrics.render()).includes(`agent_staple_answers_total{result="${line}"}`);

  it('come with the certificate, the first one too, and with each that follows', async () => {
    await start();
    const first = await next();
    expect(statusOf(first)).toEqual([[serialOf(first), 'good']]);
    authority.rotateAll();
    const second = await next();
    expect(serialOf(second)).not.toBe(serialOf(first));
    expect(statusOf(second)).toEqual([[serialOf(second), 'good']]);
    expect(await agent.metrics.render()).toContain('cartulary_agent_staples 1');
  });

  it('are made anew before they end', async () => {
    responder.life = 2_000;
    await start();
    const first = await next();
    // The clock of the agent stands still, but for this.
    clock.advance(1_700);
    const second = await next();
    expect(serialOf(second)).toBe(serialOf(first));
    expect(second.version).not.toBe(first.version);
    expect(second.ocspStaple).not.toEqual(first.ocspStaple);
  });

  it('are missing while there is no responder, and come when there is', async () => {
    responder.instead = 'an error';
    await start();
    const first = await next();
    expect(first.ocspStaple).toBeUndefined();
    expect(await result('RESPONDER_UNAVAILABLE')).toBe(true);
    responder.instead = undefined;
    clock.advance(60_000);
    await vi.waitFor(async () => expect(statusOf(await next())).toEqual([[serialOf(first), 'good']]), patience);
  });

  it('hold a certificate back for two seconds at most', async () => {
    responder.instead = 'nothing';
    await start();
    const begun = performance.now();
    expect((await next()).ocspStaple).toBeUndefined();
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('stay while the responder is away, until they end', async () => {
    responder.life = 2_000;
    await start();
    expect((await next()).ocspStaple).toBeDefined();
    responder.instead = 'an error';
    clock.advance(1_700);
    await vi.waitFor(async () => expect(await result('RESPONDER_UNAVAILABLE')).toBe(true), patience);
    expect(await agent.metrics.render()).toContain('cartulary_agent_staples 1');
    clock.advance(1_000);
    expect((await next()).ocspStaple).toBeUndefined();
    expect(await agent.metrics.render()).toContain('cartulary_agent_staples 0');
  });

  it('go at once when the responder says that the certificate was revoked', async () => {
    responder.life = 2_000;
    await start();
    const first = await next();
    responder.statuses.set(serialOf(first), { type: 'revoked', revokedAt: clock.now() });
    clock.advance(1_700);
    const second = await next();
    expect([serialOf(second), second.ocspStaple]).toEqual([serialOf(first), undefined]);
  });

  it('are none where another has answered', async () => {
    const stranger = await FakeResponder.start(authority.ca, clock, 'server');
    await start({ CARTULARY_AGENT_RESPONDER: stranger.url });
    expect((await next()).ocspStaple).toBeUndefined();
    expect(await result('STAPLE_UNTRUSTED')).toBe(true);
    await stranger.close();
  });

  it.each([
    ['too much', Buffer.alloc(100_000)],
    ['garbage', Buffer.from('garbage')],
  ])('are none where %s was answered', async (_what, instead) => {
    responder.instead = instead;
    await start();
    expect((await next()).ocspStaple).toBeUndefined();
  });

  it.each([
    ['it is not wanted', { CARTULARY_AGENT_STAPLES: 'false' }],
    ['nobody says where', { CARTULARY_AGENT_RESPONDER: '' }],
  ])('are not asked for where %s', async (_why, environment) => {
    await start(environment);
    expect((await next()).ocspStaple).toBeUndefined();
    expect(responder.asked).toBe(0);
  });
});
