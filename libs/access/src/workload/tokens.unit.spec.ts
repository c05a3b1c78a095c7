import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { FixedClock } from '@cartulary/runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { JsonWebKeys } from './json-web-keys.js';
import { KubernetesTokens } from './kubernetes-tokens.js';
import { OidcTokens } from './oidc-tokens.js';

const issuer = 'https://cluster.example';
const clock = new FixedClock('2026-03-01T12:00:00.000Z');
const seconds = clock.now().getTime() / 1_000;
let jwk: JWK;
let sign: (claims: JWTPayload) => Promise<string>;
beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' };
  sign = (claims) =>
    new SignJWT({ iss: issuer, aud: ['a'], exp: seconds + 60, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .sign(privateKey);
});
const keys = () => new JsonWebKeys({ issuer, jwksUrl: issuer }, clock, () => Promise.resolve({ keys: [jwk] }));
const common = { issuer, audiences: ['a', 'b'], trustDomain: 'cluster.local', skew: 5 };

describe('a service account token', () => {
  const options = { ...common, nodeAccounts: ['istio-system/ztunnel'] };
  const verify = (token: string) => new KubernetesTokens(keys(), options, clock).verify(token);
  const sub = 'system:serviceaccount:shop:cart';
  const bound = { namespace: 'shop', serviceaccount: { name: 'cart' }, pod: { name: 'cart-1', uid: 'u' } };

  it('is of the identity that its subject names, whatever else it says', async () => {
    const claims = { sub, jti: 'j', 'kubernetes.io': { ...bound, node: { name: 'node-1', uid: 'n' } } };
    expect(await verify(await sign(claims))).toEqual({
      ...{ identity: 'spiffe://cluster.local/ns/shop/sa/cart', node: 'node-1', mayImpersonate: false },
      attestation: {
        ...{ kind: 'kubernetes', issuer, subject: sub, jwtId: 'j', keyId: 'k' },
        pod: { name: 'cart-1', uid: 'u' },
      },
      expiresAt: '2026-03-01T12:01:00.000Z',
    });
  });
  it('without what binds it says less', async () => {
    const { node, attestation } = await verify(await sign({ sub }));
    expect({ node, attestation }).toEqual({ attestation: { kind: 'kubernetes', issuer, subject: sub, keyId: 'k' } });
  });
  it('of a node’s proxy may ask for others', async () => {
    const token = await sign({ sub: 'system:serviceaccount:istio-system:ztunnel' });
    expect(await verify(token)).toMatchObject({ mayImpersonate: true });
  });
  it.each<[string, JWTPayload, string]>([
    ['of a user', { sub: 'kubernetes-admin' }, 'UNAUTHENTICATED'],
    ['of nobody', {}, 'UNAUTHENTICATED'],
    ['with a slash in its name', { sub: 'system:serviceaccount:shop:cart/../x' }, 'UNAUTHENTICATED'],
    ['that says two namespaces', { sub, 'kubernetes.io': { namespace: 'bank' } }, 'UNAUTHENTICATED'],
    ['that says two accounts', { sub, 'kubernetes.io': { serviceaccount: { name: 'pay' } } }, 'UNAUTHENTICATED'],
    ['for somebody else', { sub, aud: ['vault'] }, 'UNAUTHENTICATED'],
    ['of another issuer', { sub, iss: 'https://elsewhere.example' }, 'UNAUTHENTICATED'],
    ['without an end', { sub, exp: undefined as never }, 'UNAUTHENTICATED'],
    ['before its time', { sub, nbf: seconds + 60 }, 'UNAUTHENTICATED'],
    ['after its time', { sub, exp: seconds - 6 }, 'CREDENTIAL_EXPIRED'],
    ['on a node that can’t be one', { sub, 'kubernetes.io': { node: { name: 'No_de' } } }, 'INVALID_VALUE'],
  ])('%s is refused', async (_, claims, code) => expect(verify(await sign(claims))).rejects.toMatchObject({ code }));
  it('that nobody signed is refused', () => {
    const token = new UnsecuredJWT({ iss: issuer, aud: 'a', sub, exp: seconds + 60 }).encode();
    return expect(verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
  // The classic: the public key, which everybody has, taken for a shared secret.
  it('signed with the public key as a secret is refused', async () => {
    const token = await new SignJWT({ iss: issuer, aud: 'a', sub, exp: seconds + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'k' })
      .sign(Buffer.from(JSON.stringify(jwk)));
    await expect(verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('another provider’s token', () => {
  const verify = (token: string, identity = 'ns/ci/sa/{repository}') =>
    new OidcTokens(keys(), { ...common, identity }, clock).verify(token);
  const sub = 'repo:shop';

  it('is of the identity that its claims make', async () =>
    expect(await verify(await sign({ sub, repository: 'cart' }))).toMatchObject({
      ...{ identity: 'spiffe://cluster.local/ns/ci/sa/cart', mayImpersonate: false },
      attestation: { kind: 'oidc', subject: sub },
    }));
  it.each<[string, JWTPayload]>([
    ['without the claim', { sub }],
    ['with a claim that is no text', { sub, repository: 7 }],
    ['with a claim that is empty', { sub, repository: '' }],
    ['with a claim of two segments', { sub, repository: 'cart/../../kube-system' }],
    ['with a claim that is no part of a SPIFFE ID', { sub, repository: 'c%61rt' }],
    ['with dots for a claim', { sub, repository: '..' }],
  ])('%s is refused', async (_, claims) =>
    expect(verify(await sign(claims))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' }),
  );
});
