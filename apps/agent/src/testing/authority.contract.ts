import { createPublicKey, type KeyObject } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '@cartulary/runtime';
import { certificateFacts, createCsr, derToPem, generatePrivateKey } from '@cartulary/x509';
import type { Authority, Entitlement, TrustChange } from '../authority/authority.js';
import { AuthorityError } from '../authority/errors.js';
import { checkBundle } from '../trust/check-bundle.js';
import { checkCrl } from '../trust/check-crl.js';
import { authoritiesOf } from '../trust/trust-state.js';

/** An agent's way to a CA, and what an operator does there. */
export interface AuthorityWorld {
  readonly authority: Authority;
  joinToken(node: string): Promise<string>;
  /** These and no others are on the node. */
  place(node: string, entitlements: readonly Entitlement[]): Promise<void>;
  revoke(serial: string): Promise<void>;
  close(): Promise<void>;
}

const clock = new SystemClock();
const identity = 'spiffe://cluster.local/ns/shop/sa/cart';
const onNode: Entitlement = {
  spiffeId: identity,
  selectors: [{ uid: 1000, path: '/usr/bin/envoy' }],
  suspended: false,
};

const request = async (): Promise<{ privateKey: KeyObject; csr: string }> => {
  const privateKey = await generatePrivateKey('ecdsa-p256');
  return { privateKey, csr: derToPem(await createCsr(privateKey), 'CERTIFICATE REQUEST') };
};
const spkiOf = (key: KeyObject): Buffer => createPublicKey(key).export({ type: 'spki', format: 'der' });
const refusal = (error: unknown): AuthorityError => {
  if (error instanceof AuthorityError) return error;
  throw error;
};

/** Reads until it is the one waited for, and leaves the rest to be read. */
const until = async <T>(stream: AsyncIterator<T>, isIt: (item: T) => boolean): Promise<T> => {
  for (;;) {
    const { value, done } = await stream.next();
    if (done === true) throw new Error('the stream ended');
    if (isIt(value)) return value;
  }
};
const opened = <T>(stream: AsyncIterable<T>): AsyncIterator<T> => stream[Symbol.asyncIterator]();

/** What every Authority does, whatever is behind it. `open` gives one whose agent has not attested yet. */
export const authorityContract = (name: string, open: () => Promise<AuthorityWorld>): void => {
  describe(`${name}, an Authority`, () => {
    let world: AuthorityWorld;
    let stop: AbortController;
    beforeEach(async () => {
      stop = new AbortController();
      world = await open();
    });
    afterEach(async () => {
      stop.abort();
      await world.close();
    });

    const attested = async () => {
      const { privateKey, csr } = await request();
      const answer = await world.authority.attest({ joinToken: await world.joinToken('node-1'), csr });
      world.authority.use({ privateKey, certificate: answer.certificate });
      return { ...answer, privateKey };
    };

    it('trades a join token for the node’s certificate, once', async () => {
      const joinToken = await world.joinToken('node-1');
      const { privateKey, csr } = await request();
      const { certificate, node, trustDomain } = await world.authority.attest({ joinToken, csr });
      expect({ node, trustDomain }).toEqual({ node: 'node-1', trustDomain: 'cluster.local' });
      expect(certificate.spiffeId).toBe('spiffe://cluster.local/cartulary/agent/node-1');
      expect(certificateFacts(certificate.chain[0]!).spki).toEqual(spkiOf(privateKey));
      const again = await world.authority.attest({ joinToken, csr }).catch(refusal);
      expect(again).toMatchObject({ code: 'AUTHORITY_REFUSED', reason: 'JOIN_TOKEN_SPENT' });
    });

    it('refuses whoever has not attested', async () => {
      const { csr } = await request();
      const refused = await world.authority.sign({ spiffeId: identity, csr }).catch(refusal);
      expect(refused).toMatchObject({ code: 'AUTHORITY_REFUSED' });
    });

    it('renews the node’s certificate', async () => {
      const first = await attested();
      const { privateKey, csr } = await request();
      const certificate = await world.authority.renewNode(csr);
      expect(certificate.spiffeId).toBe(first.certificate.spiffeId);
      expect(certificate.serial).not.toBe(first.certificate.serial);
      expect(certificateFacts(certificate.chain[0]!).spki).toEqual(spkiOf(privateKey));
    });

    it('tells which identities are the node’s, and every change', async () => {
      await world.place('node-1', [onNode]);
      await attested();
      const lists = opened(world.authority.entitlements(stop.signal));
      expect((await lists.next()).value).toEqual([onNode]);
      const other = { ...onNode, spiffeId: 'spiffe://cluster.local/ns/shop/sa/till', selectors: [{ gid: 7 }] };
      await world.place('node-1', [onNode, other]);
      const both = await until(lists, (all) => all.length === 2);
      expect(both).toEqual(expect.arrayContaining([onNode, other]));
    });

    it('signs for the node’s identities, with a window to renew in, and for no others', async () => {
      await world.place('node-1', [onNode]);
      await attested();
      const { privateKey, csr } = await request();
      const issued = await world.authority.sign({ spiffeId: identity, csr });
      expect(issued.spiffeId).toBe(identity);
      expect(certificateFacts(issued.chain[0]!)).toMatchObject({ serial: issued.serial, spki: spkiOf(privateKey) });
      expect(issued.chain.length).toBeGreaterThan(1);
      expect(issued.renewFrom.getTime()).toBeLessThan(issued.renewUntil.getTime());
      expect(issued.renewUntil.getTime()).toBeLessThanOrEqual(issued.notAfter.getTime());
      const next = await world.authority.sign({ ...(await request()), spiffeId: identity, predecessor: issued.serial });
      expect(next.serial).not.toBe(issued.serial);
      const elsewhere = { ...onNode, spiffeId: 'spiffe://cluster.local/ns/shop/sa/other' };
      await world.place('node-2', [elsewhere]);
      const foreign = { csr, spiffeId: elsewhere.spiffeId };
      const refused = await world.authority.sign(foreign).catch(refusal);
      expect(refused).toMatchObject({ code: 'AUTHORITY_REFUSED', reason: 'NODE_NOT_ENTITLED' });
    });

    it('tells a whole trust that holds, then each revocation with the CRL that has it', async () => {
      await world.place('node-1', [onNode]);
      await attested();
      const { csr } = await request();
      const issued = await world.authority.sign({ spiffeId: identity, csr });
      const changes = opened(world.authority.trust({ held: [], canaries: false }, stop.signal));
      const seen: TrustChange[] = [];
      await until(changes, (change) => seen.push(change) > 0 && change.complete);
      const now = clock.now();
      const bundle = checkBundle(seen.find((change) => change.bundle)!.bundle!, now);
      const authorities = authoritiesOf(bundle);
      const crls = seen.flatMap((change) => change.crls).map((crl) => checkCrl(crl, { authorities, now }));
      const above = issued.chain.map((der) => certificateFacts(der).issuerName);
      const covered = crls.map(({ issuer }) => certificateFacts(issuer).subjectName.toString('hex'));
      for (const issuer of above) expect(covered).toContain(issuer.toString('hex'));

      await world.revoke(issued.serial);
      const workloadIssuer = certificateFacts(issued.chain[0]!).issuerName;
      const older = crls.find(({ issuer }) => certificateFacts(issuer).subjectName.equals(workloadIssuer))!;
      const newer = await until(changes, ({ crls: some }) =>
        some.some(({ issuerId, number }) => issuerId === older.issuerId && number > older.number),
      );
      for (const crl of newer.crls) checkCrl(crl, { authorities, now: clock.now() });
    });

    it('does not send again what is held', async () => {
      await attested();
      const whole = await until(
        opened(world.authority.trust({ held: [], canaries: false }, stop.signal)),
        ({ crls }) => crls.length > 0,
      );
      const { issuerId, number } = whole.crls[0]!;
      const named = (change: TrustChange) => change.crls.find((crl) => crl.issuerId === issuerId);
      const again = await until(
        opened(world.authority.trust({ held: [{ issuerId, number }], canaries: false }, stop.signal)),
        (c) => !!named(c),
      );
      if (named(again)!.number === number) expect(named(again)!.der).toHaveLength(0);
    });

    it('takes what proxies have got', async () => {
      await attested();
      const whole = await until(
        opened(world.authority.trust({ held: [], canaries: false }, stop.signal)),
        ({ crls }) => crls.length > 0,
      );
      const { issuerId, number } = whole.crls[0]!;
      const proxy = { proxy: 'envoy-1', context: 'ROOTCA', state: 'delivered', at: clock.now() } as const;
      await world.authority.acknowledge([{ issuerId, number, ...proxy }]);
    });
  });
};
