import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FixedClock } from '@cartulary/runtime';
import { UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonAnswer, JsonCall } from './json-over-tls.js';
import { KubernetesReviews } from './kubernetes-reviews.js';

const issuer = 'https://cluster.example';
const start = '2026-03-01T12:00:00.000Z';
const seconds = Date.parse(start) / 1_000;
const cart = 'system:serviceaccount:shop:cart';
const extra = (more: Record<string, string[]> = {}) => ({
  'authentication.kubernetes.io/credential-id': ['JTI=j'],
  ...more,
});

describe('a service account token that the API server is asked about', () => {
  let directory: string;
  let clock: FixedClock;
  let asked: { url: string; call: JsonCall }[];
  let answer: () => Promise<JsonAnswer>;
  let reviews: KubernetesReviews;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'cartulary-reviews-'));
    writeFileSync(join(directory, 'token'), 'our-own\n');
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  beforeEach(() => {
    clock = new FixedClock(start);
    asked = [];
    answer = () => Promise.resolve(accepted());
    reviews = reviewsBy('token');
  });

  const reviewsBy = (tokenFile: string) =>
    new KubernetesReviews(
      {
        ...{ issuer, audiences: ['istio-ca', 'cartulary'], trustDomain: 'cluster.local', skew: 5 },
        ...{ nodeAccounts: ['istio-system/ztunnel'], apiUrl: 'https://api.example', ca: 'PEM' },
        tokenFile: join(directory, tokenFile),
      },
      clock,
      (url, call) => {
        asked.push({ url, call });
        return answer();
      },
    );
  const accepted = (username = cart, more: Record<string, string[]> = {}, audiences = ['istio-ca']): JsonAnswer => ({
    status: 201,
    body: { status: { authenticated: true, audiences, user: { username, extra: extra(more) } } },
  });
  const token = (claims: Record<string, unknown> = {}) =>
    new UnsecuredJWT({ iss: issuer, aud: ['istio-ca'], exp: seconds + 60, ...claims }).encode();
  const refusal = (made = token()) => reviews.verify(made).then(String, ({ code }: { code: string }) => code);

  it('is of the account that the API server names, with its pod and node', async () => {
    const bound = { 'pod-name': 'cart-1', 'pod-uid': 'u', 'node-name': 'node-1' };
    const named = Object.fromEntries(
      Object.entries(bound).map(([name, value]) => [`authentication.kubernetes.io/${name}`, [value]]),
    );
    answer = () => Promise.resolve(accepted(cart, named));
    // What it says of itself does not count.
    expect(await reviews.verify(token({ sub: 'system:serviceaccount:bank:vault' }))).toEqual({
      ...{ identity: 'spiffe://cluster.local/ns/shop/sa/cart', node: 'node-1', mayImpersonate: false },
      attestation: {
        ...{ kind: 'kubernetes', issuer, subject: cart, jwtId: 'j' },
        pod: { name: 'cart-1', uid: 'u' },
      },
      expiresAt: '2026-03-01T12:01:00.000Z',
    });
    expect(asked).toEqual([
      {
        url: 'https://api.example/apis/authentication.k8s.io/v1/tokenreviews',
        call: {
          ...{ bearer: 'our-own', ca: 'PEM' },
          body: {
            ...{ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview' },
            spec: { token: expect.stringMatching(/^eyJ/) as string, audiences: ['istio-ca', 'cartulary'] },
          },
        },
      },
    ]);
  });

  it('of a node’s proxy may ask for others', async () => {
    answer = () => Promise.resolve(accepted('system:serviceaccount:istio-system:ztunnel'));
    expect(await reviews.verify(token())).toMatchObject({ mayImpersonate: true });
  });

  it('is asked about once, for ten seconds and for all who show it at the same time', async () => {
    const one = token();
    await Promise.all([reviews.verify(one), reviews.verify(one)]);
    await reviews.verify(one);
    expect(asked).toHaveLength(1);
    await reviews.verify(token({ jti: 'another' }));
    expect(asked).toHaveLength(2);
    clock.advance(10_000);
    await reviews.verify(one);
    expect(asked).toHaveLength(3);
  });

  it('is refused once its pod is gone, as soon as what was known is old', async () => {
    const one = token();
    await reviews.verify(one);
    answer = () => Promise.resolve({ status: 201, body: { status: { authenticated: false, error: 'no such pod' } } });
    clock.advance(10_000);
    expect(await refusal(one)).toBe('UNAUTHENTICATED');
    expect(await refusal(one)).toBe('UNAUTHENTICATED');
    expect(asked).toHaveLength(3);
  });

  it('is not kept longer than it is good', async () => {
    const short = token({ exp: seconds + 3 });
    await reviews.verify(short);
    clock.advance(4_000);
    await reviews.verify(short);
    expect(asked).toHaveLength(2);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['past', { exp: seconds - 6 }, 'CREDENTIAL_EXPIRED'],
    ['without an end', { exp: undefined }, 'UNAUTHENTICATED'],
    ['for somebody else', { aud: 'vault' }, 'UNAUTHENTICATED'],
    ['for nobody', { aud: undefined }, 'UNAUTHENTICATED'],
  ])('that is %s is refused without asking', async (_, claims, code) => {
    expect(await refusal(token(claims))).toBe(code);
    expect(asked).toEqual([]);
  });

  it.each<[string, JsonAnswer, string]>([
    ['does not know it', { status: 201, body: { status: { authenticated: false } } }, 'UNAUTHENTICATED'],
    ['says nothing of it', { status: 201, body: {} }, 'UNAUTHENTICATED'],
    ['knows it for another audience', accepted(cart, {}, ['vault']), 'UNAUTHENTICATED'],
    ['is too old to say an audience', accepted(cart, {}, []), 'UNAUTHENTICATED'],
    ['says it is a person’s', accepted('jane'), 'UNAUTHENTICATED'],
    ['does not let us ask', { status: 403, body: {} }, 'UNAVAILABLE'],
    ['is out of order', { status: 500, body: {} }, 'UNAVAILABLE'],
  ])('is refused where the API server %s', async (_, answered, code) => {
    answer = () => Promise.resolve(answered);
    expect(await refusal()).toBe(code);
  });

  it('waits for better times where the API server is away, or we have no token of our own', async () => {
    answer = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1:443'));
    const failed = (await reviews.verify(token()).catch((error: unknown) => error)) as Error;
    expect(failed).toMatchObject({ code: 'UNAVAILABLE' });
    expect(failed.message).not.toContain('10.0.0.1');
    reviews = reviewsBy('missing');
    expect(await refusal()).toBe('UNAVAILABLE');
  });

  it('is not asked about where 64 others are', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    answer = () => gate.then(() => accepted());
    const waiting = Array.from({ length: 64 }, (_, index) => reviews.verify(token({ jti: String(index) })));
    expect(await refusal(token({ jti: 'one too many' }))).toBe('UNAVAILABLE');
    release();
    await Promise.all(waiting);
    expect(asked).toHaveLength(64);
  });
});
