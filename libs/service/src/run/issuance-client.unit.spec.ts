import { type CartularyClient, type ClientOptions, ProblemError, UnreachableError } from '@cartulary/client';
import { describe, expect, it } from 'vitest';
import type { OwnCertificate } from './certificate-files.js';
import { IssuanceClient, IssuanceSource } from './issuance-client.js';

const urls = ['https://a:1', 'https://b:1', 'https://c:1'];
const down = (origin: string) => new UnreachableError(origin, 'refused', false);
const problem = (status: number) => new ProblemError({ type: 'x', title: 'x', status, code: 'X' } as never);

/** Clients that answer with their URL, unless they fail; remembers what was asked and closed. */
class Issuances {
  readonly asked: string[] = [];
  readonly connected: ClientOptions[] = [];
  readonly closed: string[] = [];
  readonly failing = new Map<string, Error>();
  own = { key: 'k1', cert: 'c1', serial: '01' } as OwnCertificate;
  readonly client = new IssuanceClient(urls, { get: () => this.own }, { meshAnchors: () => [] }, (options) =>
    this.#connect(options),
  );

  ask(): Promise<unknown> {
    return this.client.call((client) => client.whoAmI());
  }

  #connect(options: ClientOptions): CartularyClient {
    this.connected.push(options);
    const url = String(options.baseUrl);
    const answer = (): Promise<unknown> => {
      this.asked.push(url);
      const failure = this.failing.get(url);
      return failure ? Promise.reject(failure) : Promise.resolve(url);
    };
    const close = () => Promise.resolve(void this.closed.push(url));
    return { whoAmI: answer, renewCertificate: answer, close } as unknown as CartularyClient;
  }
}

describe('IssuanceClient', () => {
  it('goes on to the next where one is down or broken, and stays with the one that answered', async () => {
    const issuances = new Issuances();
    issuances.failing.set(urls[0]!, down(urls[0]!)).set(urls[1]!, problem(503));
    expect(await issuances.ask()).toBe(urls[2]);
    expect(await issuances.ask()).toBe(urls[2]);
    expect(issuances.asked).toEqual([...urls, urls[2]]);
    issuances.failing.set(urls[2]!, down(urls[2]!)).delete(urls[0]!);
    expect(await issuances.ask()).toBe(urls[0]);
  });

  it('takes a decision for one', async () => {
    const issuances = new Issuances();
    issuances.failing.set(urls[0]!, problem(403));
    await expect(issuances.ask()).rejects.toMatchObject({ status: 403 });
    expect(issuances.asked).toEqual([urls[0]]);
  });

  it('says why when nobody answers', async () => {
    const issuances = new Issuances();
    for (const url of urls) issuances.failing.set(url, down(url));
    await expect(issuances.ask()).rejects.toBeInstanceOf(UnreachableError);
    expect(issuances.asked).toEqual(urls);
  });

  it('connects anew with a new certificate, and closes what the old one was shown on', async () => {
    const issuances = new Issuances();
    await issuances.ask();
    await issuances.ask();
    expect(issuances.connected).toHaveLength(3);
    issuances.own = { ...issuances.own, key: 'k2', cert: 'c2', serial: '02' };
    await issuances.ask();
    expect(issuances.connected.slice(3).map(({ tls }) => tls?.cert)).toEqual(['c2', 'c2', 'c2']);
    expect(issuances.closed).toEqual(urls);
  });

  it('renews under the predecessor’s serial', async () => {
    const issuances = new Issuances();
    const source = new IssuanceSource(issuances.client);
    const renewed = source.obtain({ kind: 'service', identity: 'x', csr: 'csr', predecessor: '01' });
    expect(await renewed).toBe(urls[0]);
    expect(source.first).toBe(false);
  });
});
