import { createPrivateKey, X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseCrl, pemToDer } from '@cartulary/x509';
import { decodeSecret, SocketClient, TestAgent } from '../testing/index.js';
import { secretTypeUrl } from './messages.js';

const own = { uid: process.getuid!() };
const cart = 'spiffe://cluster.local/ns/shop/sa/cart';
const till = 'spiffe://cluster.local/ns/shop/sa/till';
const placed = (spiffeId: string, selector: object = own) => ({ spiffeId, selectors: [selector], suspended: false });
const crlsIn = (pem: string) =>
  (pem.match(/-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g) ?? []).map((one) =>
    parseCrl(pemToDer(one, 'X509 CRL')),
  );
const asks = (...resourceNames: string[]) => ({ node: { id: 'envoy-1' }, resourceNames, typeUrl: secretTypeUrl });
const subscribes = (...names: string[]) => ({ node: { id: 'envoy-1' }, resourceNamesSubscribe: names });

describe('SDS', () => {
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

  const told = (count: number): Promise<void> =>
    vi.waitFor(() => expect(agent.authority.acknowledged).toHaveLength(count), { timeout: 10_000 });

  describe('state of the world', () => {
    it('gives the certificate by `default`, with its chain and the key that was made here', async () => {
      const stream = client.stateOfTheWorld();
      stream.send(asks('default'));
      const { resources, versionInfo, typeUrl } = await stream.next();
      expect(typeUrl).toBe(secretTypeUrl);
      expect(resources).toHaveLength(1);
      const { name, certificateChain, privateKey } = decodeSecret(resources[0]!);
      const leaf = new X509Certificate(certificateChain!);
      expect(name).toBe('default');
      expect(leaf.subjectAltName).toBe(`URI:${cart}`);
      expect(leaf.checkPrivateKey(createPrivateKey(privateKey!))).toBe(true);
      expect(certificateChain!.match(/BEGIN/g)).toHaveLength(3);
      expect(versionInfo.toLowerCase()).toBe(leaf.serialNumber.toLowerCase());
    });

    it('gives the same certificate by its SPIFFE ID', async () => {
      const [byId, byDefault] = [client.stateOfTheWorld(), client.stateOfTheWorld()];
      byId.send(asks(cart));
      byDefault.send(asks('default'));
      const [first, second] = [
        decodeSecret((await byId.next()).resources[0]!),
        decodeSecret((await byDefault.next()).resources[0]!),
      ];
      expect(first.name).toBe(cart);
      expect(first.certificateChain).toBe(second.certificateChain);
    });

    it.each(['ROOTCA', 'spiffe://cluster.local'])('gives anchors and a CRL of every CA by %s', async (name) => {
      const stream = client.stateOfTheWorld();
      stream.send(asks(name));
      const secret = decodeSecret((await stream.next()).resources[0]!);
      expect(secret.trustedCa!.match(/BEGIN/g)).toHaveLength(1);
      expect(crlsIn(secret.crl!)).toHaveLength(3);
    });

    it('pushes the next CRL after a revocation, and tells the CA what was acknowledged', async () => {
      const stream = client.stateOfTheWorld();
      stream.send(asks('ROOTCA'));
      const first = await stream.next();
      stream.send({ ...asks('ROOTCA'), responseNonce: first.nonce, versionInfo: first.versionInfo });
      await told(3);
      await agent.authority.revoke('0a');
      const second = await stream.next();
      expect(second.versionInfo).not.toBe(first.versionInfo);
      const entries = crlsIn(decodeSecret(second.resources[0]!).crl!).flatMap((crl) => crl.entries);
      expect(entries.map(({ serial }) => serial)).toEqual(['0a']);
      stream.send({ ...asks('ROOTCA'), responseNonce: second.nonce, versionInfo: second.versionInfo });
      const number = BigInt(agent.authority.ca.position);
      await told(4);
      const last = agent.authority.acknowledged.at(-1);
      expect(last).toMatchObject({ number, proxy: 'envoy-1', context: 'ROOTCA', state: 'delivered' });
    });

    it('tells the CA of a refusal, and does not send the same again', async () => {
      const stream = client.stateOfTheWorld();
      stream.send(asks('ROOTCA'));
      const first = await stream.next();
      stream.send({ ...asks('ROOTCA'), responseNonce: first.nonce, errorDetail: { code: 3, message: 'bad' } });
      await vi.waitFor(() => expect(agent.authority.acknowledged.map(({ state }) => state)).toContain('rejected'), {
        timeout: 10_000,
      });
      await agent.authority.revoke('0b');
      expect((await stream.next()).versionInfo).not.toBe(first.versionInfo);
    });

    it('ignores an answer to what was not sent last', async () => {
      const stream = client.stateOfTheWorld();
      stream.send(asks('ROOTCA'));
      await stream.next();
      stream.send({ ...asks('default'), responseNonce: 'another' });
      await agent.authority.revoke('0c');
      expect(decodeSecret((await stream.next()).resources[0]!).name).toBe('ROOTCA');
    });

    it('answers a change of what is wanted', async () => {
      const stream = client.stateOfTheWorld();
      stream.send(asks('ROOTCA'));
      const first = await stream.next();
      stream.send({ ...asks('ROOTCA', 'default'), responseNonce: first.nonce });
      const names = (await stream.next()).resources.map((resource) => decodeSecret(resource).name);
      expect(names).toEqual(['ROOTCA', 'default']);
    });

    it('pushes the next certificate when the CA orders a rotation', async () => {
      const stream = client.stateOfTheWorld();
      stream.send(asks('default'));
      const first = await stream.next();
      const now = new Date();
      const order = { serials: [first.versionInfo], from: now, until: now };
      const nothing = { crls: [], endedIssuers: [], revocations: [] };
      agent.authority.tell({ ...nothing, position: 1, complete: true, rotations: [order] });
      const second = await stream.next();
      expect(second.versionInfo).not.toBe(first.versionInfo);
      expect(decodeSecret(second.resources[0]!).privateKey).not.toBe(decodeSecret(first.resources[0]!).privateKey);
    });
  });

  describe('delta', () => {
    it('gives what is subscribed to, then only what changed', async () => {
      const stream = client.delta();
      stream.send(subscribes('ROOTCA', 'default'));
      const got = new Map<string, string>();
      while (got.size < 2) {
        const { resources, nonce } = await stream.next();
        for (const { name, version } of resources) got.set(name, version);
        stream.send({ responseNonce: nonce });
      }
      await agent.authority.revoke('0a');
      const { resources } = await stream.next();
      expect(resources.map(({ name }) => name)).toEqual(['ROOTCA']);
      expect(resources[0]!.version).not.toBe(got.get('ROOTCA'));
    });

    it('does not send again what the other end says that it has', async () => {
      const first = client.delta();
      first.send(subscribes('ROOTCA'));
      const { resources } = await first.next();
      const second = client.delta();
      second.send({ ...subscribes('ROOTCA'), initialResourceVersions: { ROOTCA: resources[0]!.version } });
      second.send({ resourceNamesSubscribe: ['default'] });
      expect((await second.next()).resources.map(({ name }) => name)).toEqual(['default']);
    });

    it('sends nothing more of what was unsubscribed', async () => {
      const stream = client.delta();
      stream.send(subscribes('ROOTCA'));
      await stream.next();
      stream.send({ resourceNamesUnsubscribe: ['ROOTCA'], resourceNamesSubscribe: ['default'] });
      await stream.next();
      await agent.authority.revoke('0a');
      agent.authority.place([placed(cart), placed(till)]);
      expect(await stream.refusal()).toMatchObject({ code: 'FAILED_PRECONDITION' });
    });
  });

  it('fetches once', async () => {
    const answer = await vi.waitFor(() => client.fetch({ resourceNames: ['default', 'ROOTCA'] }), { timeout: 10_000 });
    expect(answer.resources.map((resource) => decodeSecret(resource).name)).toEqual(['default', 'ROOTCA']);
  });

  describe('refuses', () => {
    const refusalFor = async (request: object): Promise<object> => {
      const stream = client.stateOfTheWorld();
      stream.send(request);
      return stream.refusal();
    };

    it('a user who has no identity here, for anything', async () => {
      agent.authority.place([placed(cart, { uid: own.uid + 1 })]);
      for (const name of ['default', 'ROOTCA', cart]) {
        await vi.waitFor(async () => expect(await refusalFor(asks(name))).toMatchObject({ code: 'PERMISSION_DENIED' }));
      }
    });

    it('an identity that is another’s', async () => {
      expect(await refusalFor(asks(till))).toMatchObject({ code: 'PERMISSION_DENIED' });
    });

    it('`default` where there are several to choose from', async () => {
      agent.authority.place([placed(cart), placed(till)]);
      await vi.waitFor(async () => {
        const { details } = (await refusalFor(asks('default'))) as { details: string };
        expect(details).toContain(`${cart}, ${till}`);
      });
    });

    it('resources of another type', async () => {
      const typeUrl = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';
      expect(await refusalFor({ ...asks('default'), typeUrl })).toMatchObject({ code: 'INVALID_ARGUMENT' });
    });

    it('names without end', async () => {
      const many = Array.from({ length: 300 }, (_, index) => `name-${index}`);
      expect(await refusalFor(asks(...many))).toMatchObject({ code: 'INVALID_ARGUMENT' });
    });

    it('what was taken away, also on an open stream', async () => {
      const stream = client.stateOfTheWorld();
      stream.send(asks('default'));
      await stream.next();
      agent.authority.place([{ ...placed(cart), suspended: true }]);
      expect(await stream.refusal()).toMatchObject({ code: 'PERMISSION_DENIED' });
    });
  });
});
