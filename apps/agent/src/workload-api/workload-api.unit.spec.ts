import { createPrivateKey, X509Certificate } from 'node:crypto';
import { Metadata } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseCrl } from '@cartulary/x509';
import { SocketClient, TestAgent } from '../testing/index.js';

const own = { uid: process.getuid!(), gid: process.getgid!(), path: process.execPath };
const cart = 'spiffe://cluster.local/ns/shop/sa/cart';
const till = 'spiffe://cluster.local/ns/shop/sa/till';
const placed = (spiffeId: string, selector: object = own) => ({ spiffeId, selectors: [selector], suspended: false });

describe('the Workload API', () => {
  let agent: TestAgent;
  let client: SocketClient;
  beforeEach(async () => {
    agent = await TestAgent.start();
    agent.authority.place([placed(cart)]);
    client = new SocketClient(agent.socket);
  });
  afterEach(async () => {
    client.close();
    await agent.close();
  });

  it('gives certificate, key, anchors and the CRLs of every CA', async () => {
    const { svids, crl } = await client.svids().next();
    expect(svids.map(({ spiffeId }) => spiffeId)).toEqual([cart]);
    const [svid] = svids;
    const leaf = new X509Certificate(svid!.x509Svid);
    const key = createPrivateKey({ key: Buffer.from(svid!.x509SvidKey), format: 'der', type: 'pkcs8' });
    expect(leaf.subjectAltName).toBe(`URI:${cart}`);
    expect(leaf.checkPrivateKey(key)).toBe(true);
    expect(Buffer.from(svid!.bundle)).toEqual(agent.authority.ca.bundle.anchors[0]);
    expect(crl.map((der) => parseCrl(Buffer.from(der)).entries)).toEqual([[], [], []]);
  });

  it('gives all of a process’s identities at once', async () => {
    agent.authority.place([placed(cart), placed(till)]);
    const stream = client.svids();
    await vi.waitFor(async () => expect((await stream.next()).svids).toHaveLength(2), { timeout: 10_000 });
  });

  it('streams a revocation by the CRLs, and says nothing where nothing has changed', async () => {
    const stream = client.svids();
    const first = await stream.next();
    agent.authority.place([placed(cart), placed(till, { uid: 4_000_000 })]);
    await agent.authority.revoke('0a');
    const second = await stream.next();
    expect(second.svids).toEqual(first.svids);
    expect(second.crl.flatMap((der) => parseCrl(Buffer.from(der)).entries)).toMatchObject([{ serial: '0a' }]);
  });

  it('streams the next certificate when its own was revoked', async () => {
    const stream = client.svids();
    const serialOf = (der: Uint8Array): string => new X509Certificate(der).serialNumber.toLowerCase();
    const first = serialOf((await stream.next()).svids[0]!.x509Svid);
    await agent.authority.revoke(first);
    await vi.waitFor(async () => expect(serialOf((await stream.next()).svids[0]!.x509Svid)).not.toBe(first));
  });

  it('gives bundles by trust domain', async () => {
    const { bundles, crl } = await client.bundles().next();
    expect(Object.keys(bundles)).toEqual(['spiffe://cluster.local']);
    expect(Buffer.from(bundles['spiffe://cluster.local']!)).toEqual(agent.authority.ca.bundle.anchors[0]);
    expect(crl).toHaveLength(3);
  });

  it('wants the header that a browser can’t send', async () => {
    const wrong = new Metadata();
    wrong.set('workload.spiffe.io', 'yes');
    for (const metadata of [new Metadata(), wrong]) {
      expect(await client.svids(metadata).refusal()).toMatchObject({ code: 'INVALID_ARGUMENT' });
      expect(await client.bundles(metadata).refusal()).toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });

  it.each([
    ['uid', { uid: own.uid + 1 }],
    ['gid', { uid: own.uid, gid: own.gid + 1 }],
    ['program', { uid: own.uid, path: '/usr/bin/another' }],
    ['selector at all', {}],
  ])('refuses a process with another %s', async (_what, selector) => {
    agent.authority.place([placed(cart, selector)]);
    await vi.waitFor(async () => expect(await client.svids().refusal()).toMatchObject({ code: 'PERMISSION_DENIED' }));
    expect(await client.bundles().refusal()).toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  it('ends the stream of a process whose identity is suspended', async () => {
    const stream = client.svids();
    await stream.next();
    agent.authority.place([{ ...placed(cart), suspended: true }]);
    expect(await stream.refusal()).toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  it.each(['FetchJWTSVID', 'FetchJWTBundles', 'ValidateJWTSVID'])('has no %s', async (name) => {
    expect(await client.call(`/SpiffeWorkloadAPI/${name}`)).toBe('UNIMPLEMENTED');
  });
});
