import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { FixedClock } from '@cartulary/runtime';
import { beforeEach, describe, expect, it } from 'vitest';
import { JsonWebKeys } from './json-web-keys.js';
import { verifyJwt } from './verify-jwt.js';

const issuer = 'https://cluster.example';
type Key = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

let clock: FixedClock;
let published: JWK[];
let asked: string[];
let down: boolean;
let discovered: object;

const keyNamed = async (kid: string): Promise<{ sign: () => Promise<string>; key: Key }> => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  published.push({ ...(await exportJWK(publicKey)), kid, alg: 'ES256' });
  const sign = () =>
    new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid })
      .setIssuer(issuer)
      .setSubject('s')
      .setAudience('a')
      .setExpirationTime(clock.now().getTime() / 1_000 + 60)
      .sign(privateKey);
  return { sign, key: privateKey };
};
const get = (url: string): Promise<unknown> => {
  asked.push(url);
  if (down) return Promise.reject(new Error('down'));
  return Promise.resolve(url.endsWith('openid-configuration') ? discovered : { keys: [...published] });
};
const keysOf = (source: object = {}) => new JsonWebKeys({ issuer, ...source }, clock, get);
const accept = async (keys: JsonWebKeys, token: string) =>
  verifyJwt(token, keys.key, { issuer, audiences: ['a'], now: clock.now(), skew: 0 });

beforeEach(() => {
  clock = new FixedClock('2026-03-01T12:00:00.000Z');
  [published, asked, down] = [[], [], false];
  discovered = { issuer, jwks_uri: `${issuer}/keys` };
});

describe('an issuer’s keys', () => {
  it('are found by discovery, once for many tokens', async () => {
    const { sign } = await keyNamed('1');
    const keys = keysOf();
    const token = await sign();
    await Promise.all(Array.from({ length: 10 }, () => accept(keys, token)));
    expect(asked).toEqual([`${issuer}/.well-known/openid-configuration`, `${issuer}/keys`]);
  });
  it('can be named', async () => {
    const { sign } = await keyNamed('1');
    await accept(keysOf({ jwksUrl: 'https://elsewhere.example/jwks' }), await sign());
    expect(asked).toEqual(['https://elsewhere.example/jwks']);
  });
  it('are asked for again when one is not known, but not for every token that names one', async () => {
    const { sign } = await keyNamed('1');
    const keys = keysOf({ jwksUrl: 'https://x.example' });
    await accept(keys, await sign());
    const second = await keyNamed('2');
    await expect(accept(keys, await second.sign())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(asked).toHaveLength(1);
    clock.advance(10_000);
    await accept(keys, await second.sign());
    published.length = 0;
    const { sign: forged } = await keyNamed('3');
    published.length = 0;
    for (let time = 0; time < 20; time++) await expect(accept(keys, await forged())).rejects.toThrow();
    expect(asked).toHaveLength(2);
  });
  it('go on to count while the issuer can’t be asked', async () => {
    const { sign } = await keyNamed('1');
    const keys = keysOf();
    await accept(keys, await sign());
    down = true;
    clock.advance(3_600_000);
    expect((await accept(keys, await sign())).evidence.keyId).toBe('1');
  });
  it('that were never got are no reason to call a token bad', async () => {
    const { sign } = await keyNamed('1');
    down = true;
    await expect(accept(keysOf(), await sign())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
  it('are not taken from a document of another issuer', async () => {
    const { sign } = await keyNamed('1');
    discovered = { issuer: 'https://evil.example', jwks_uri: `${issuer}/keys` };
    await expect(accept(keysOf(), await sign())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
