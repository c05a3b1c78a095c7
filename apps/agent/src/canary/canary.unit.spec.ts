import { createServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { derChainToPem, derToPem, privateKeyToPem, createCsr, generatePrivateKey } from '@cartulary/x509';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FakeCa } from '../testing/fake-ca.js';
import { handshake, type Shown } from './handshake.js';
import { heldCanary } from './held-canary.js';
import { listenerOf } from './listeners.js';
import { common, raised } from './proofs.js';
import { PATIENCE_MS, Trial } from './trial.js';
import { TrustHistory } from './trust-history.js';
import { verdictOf } from './verdict.js';

describe('a verdict', () => {
  it('is "enforced" by both together alone, within a second', () => {
    expect(verdictOf('revoked', 'accepted', 30)).toBe('enforced');
    expect(verdictOf('revoked', 'accepted', 1_001)).toBe('unclear');
    expect(verdictOf('revoked', 'unclear', 30)).toBe('unclear');
    expect(verdictOf('revoked', 'revoked', 30)).toBe('unclear');
    expect(verdictOf('unclear', 'accepted', 30)).toBe('unclear');
  });
  it('is an alarm where the canary is let in, whatever else', () => {
    for (const good of ['accepted', 'revoked', 'unclear'] as const) {
      expect(verdictOf('accepted', good, 5_000)).toBe('canary-accepted');
    }
  });
});

describe('a trial', () => {
  const trial = (): Trial => {
    const one = new Trial({ proxy: 'p', context: 'c', host: 'h', port: 1 }, 'a');
    one.begin(5n);
    return one;
  };

  it('is repeated after pauses that grow up to 15 s', () => {
    const one = trial();
    const pauses = Array.from({ length: 12 }, () => one.note('unclear', 0).pause);
    expect(pauses.slice(0, 4)).toEqual([50, 100, 200, 400]);
    expect(pauses.at(-1)).toBe(15_000);
    one.begin(6n);
    expect(one.note('unclear', 0)).toEqual({ pause: 50 });
  });
  it('ends when it has shown it', () => expect(trial().note('enforced', 0)).toEqual({ said: 'enforced' }));
  it('raises an alarm once for each canary, and only when the listener had time', () => {
    const one = trial();
    const said = (now: number) => one.note('canary-accepted', now).said;
    expect([said(0), said(PATIENCE_MS - 1), one.isAlarming]).toEqual([undefined, undefined, false]);
    expect([said(PATIENCE_MS), one.isAlarming, said(PATIENCE_MS + 10)]).toEqual(['canary-accepted', true, undefined]);
    one.begin(6n);
    expect(said(PATIENCE_MS + 20)).toBe('canary-accepted');
    expect([one.note('enforced', PATIENCE_MS + 30).said, one.isAlarming]).toEqual(['enforced', false]);
    expect(said(PATIENCE_MS + 40)).toBeUndefined();
  });
});

describe('what a refused canary proves', () => {
  const numbers = (all: Record<string, number>) => new Map(Object.entries(all).map(([id, n]) => [id, BigInt(n)]));

  it('is its own CRL, and what came to the proxy no later', () => {
    const history = new TrustHistory();
    history.add(numbers({ a: 1, root: 2 }));
    history.add(numbers({ a: 5, root: 4 }));
    history.add(numbers({ a: 5, root: 6 }));
    expect(history.provenBy('a', 5n)).toEqual(numbers({ a: 5, root: 4 }));
    expect(history.provenBy('a', 4n)).toEqual(numbers({ a: 4, root: 4 }));
  });
  it('is its own alone where the proxy may have it from before', () => {
    const history = new TrustHistory();
    expect(history.provenBy('a', 5n)).toEqual(numbers({ a: 5 }));
    history.add(numbers({ a: 5, root: 4 }));
    expect(history.provenBy('a', 5n)).toEqual(numbers({ a: 5 }));
  });
  it('is a proxy’s as far as all of its listeners have it', () => {
    expect(common([numbers({ a: 5, b: 2 }), numbers({ a: 3 })])).toEqual(numbers({ a: 3 }));
    expect(common([])).toEqual(new Map());
    const known = numbers({ a: 3 });
    expect(raised(known, numbers({ a: 3, b: 1 }))).toEqual(numbers({ b: 1 }));
    expect(known).toEqual(numbers({ a: 3, b: 1 }));
  });
});

describe('a listener’s name', () => {
  it.each([
    ['sidecar~10.0.0.7~web=127.0.0.1:8443', 'sidecar~10.0.0.7~web', '127.0.0.1', 8443, '127.0.0.1:8443'],
    ['a=b=localhost:1', 'a=b', 'localhost', 1, 'localhost:1'],
    ['six=[::1]:443', 'six', '::1', 443, '[::1]:443'],
  ])('%s', (text, proxy, host, port, context) => expect(listenerOf(text)).toEqual({ proxy, context, host, port }));
});

describe('what comes as a canary', async () => {
  const ca = await FakeCa.create(new Date());
  it('is held against its serial', async () => {
    const { canary } = await ca.canary(new Date());
    expect(heldCanary(canary)).toMatchObject({ issuerId: canary.issuerId, number: canary.number });
    const key = await generatePrivateKey('ecdsa-p256');
    const csr = derToPem(await createCsr(key), 'CERTIFICATE REQUEST');
    const { chain } = await ca.issue(csr, 'spiffe://cluster.local/ns/shop/sa/cart', new Date(), 60_000);
    for (const wrong of [
      { chain },
      { chain: [] },
      { chain: [Buffer.from('x')] },
      { privateKey: Buffer.from('secret') },
    ]) {
      expect(() => heldCanary({ ...canary, ...wrong })).toThrow(/is no canary$/);
    }
  });
});

describe('a handshake', () => {
  const servers: Server[] = [];
  let ca: FakeCa;
  let own: Shown;
  const identity = 'spiffe://cluster.local/ns/shop/sa/server';
  const shown = async (spiffeId: string): Promise<Shown> => {
    const key = await generatePrivateKey('ecdsa-p256');
    const csr = derToPem(await createCsr(key), 'CERTIFICATE REQUEST');
    const { chain } = await ca.issue(csr, spiffeId, new Date(), 60_000);
    return { chain: derChainToPem(chain), privateKey: privateKeyToPem(key) };
  };
  beforeAll(async () => {
    ca = await FakeCa.create(new Date());
    own = await shown(identity);
  });
  afterEach(() => servers.splice(0).forEach((server) => server.close()));
  const serve = async (server: Server) => {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    return { host: '127.0.0.1', port, anchors: derChainToPem(ca.bundle.anchors), identity };
  };
  const tls = (received: Buffer[] = []) =>
    createTlsServer(
      { cert: own.chain, key: own.privateKey, requestCert: true, ca: derChainToPem(ca.bundle.anchors) },
      (socket) => socket.on('data', (chunk: Buffer) => received.push(chunk)).on('error', () => undefined),
    ).on('tlsClientError', () => undefined);

  it('is accepted where the server closes after it, and sends nothing', async () => {
    const received: Buffer[] = [];
    const door = await serve(tls(received));
    expect(await handshake(door, await shown('spiffe://cluster.local/ns/shop/sa/client'))).toMatchObject({
      outcome: 'accepted',
    });
    expect(received).toEqual([]);
  });
  it('says nothing of a server that is somebody else', async () => {
    const door = await serve(tls());
    const other = { ...door, identity: 'spiffe://cluster.local/ns/shop/sa/other' };
    expect(await handshake(other, own)).toMatchObject({
      outcome: 'unclear',
      detail: expect.stringContaining('it is not') as string,
    });
    const stranger = { ...door, anchors: derChainToPem((await FakeCa.create(new Date())).bundle.anchors) };
    expect((await handshake(stranger, own)).outcome).toBe('unclear');
  });
  it('says nothing where nobody listens, nobody answers, or no TLS is spoken', async () => {
    const closed = await serve(createServer());
    await new Promise((resolve) => servers.pop()!.close(resolve));
    expect((await handshake(closed, own)).outcome).toBe('unclear');
    const silent = await serve(createServer((socket) => void socket.on('error', () => undefined)));
    expect(await handshake(silent, own)).toEqual({ outcome: 'unclear', detail: 'it does not answer' });
    const plain = await serve(
      createServer((socket) => void socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    expect((await handshake(plain, own)).outcome).toBe('unclear');
    const gone = await serve(createServer((socket) => void socket.destroy()));
    expect((await handshake(gone, own)).outcome).toBe('unclear');
  });
});
