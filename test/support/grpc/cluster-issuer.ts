import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

interface SigningKey {
  readonly kid: string;
  readonly key: CryptoKeyOf;
  readonly jwk: JWK;
}
type CryptoKeyOf = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

export interface TokenOptions {
  readonly namespace?: string;
  readonly account?: string;
  readonly audience?: string;
  readonly node?: string;
  /** Seconds from now. */
  readonly expiresIn?: number;
  readonly issuer?: string;
  readonly claims?: Record<string, unknown>;
}

/** An OpenID provider over TLS, as a Kubernetes API server is one, whose keys can be exchanged. */
export class ClusterIssuer {
  readonly #keys: SigningKey[] = [];
  /** Requests for its keys. */
  asked = 0;

  private constructor(private readonly server: Server) {}

  static async start(tls: { readonly key: string; readonly cert: string }): Promise<ClusterIssuer> {
    const server = createServer(tls);
    const issuer = new ClusterIssuer(server);
    server.on('request', (request, response) => {
      const body =
        request.url === '/.well-known/openid-configuration'
          ? { issuer: issuer.url, jwks_uri: `${issuer.url}/openid/v1/jwks` }
          : { keys: issuer.#keys.map(({ jwk }) => jwk) };
      if (request.url === '/openid/v1/jwks') issuer.asked++;
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await issuer.rotate();
    return issuer;
  }

  get url(): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  /** Another key, by which tokens are signed from now on. */
  async rotate(): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const kid = `key-${this.#keys.length + 1}`;
    this.#keys.push({ kid, key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' } });
  }

  /** A bound service account token; by another's key where one is given. */
  async token(options: TokenOptions = {}, key?: CryptoKeyOf): Promise<string> {
    const { namespace = 'shop', account = 'cart', audience = 'istio-ca', node, expiresIn = 600, claims = {} } = options;
    const { kid, key: own } = this.#keys.at(-1)!;
    const now = Math.floor(Date.now() / 1_000);
    const bound = {
      namespace,
      serviceaccount: { name: account, uid: '0d7b6f4e-1111-4222-8333-444455556666' },
      pod: { name: `${account}-7f9c`, uid: '5e0c1c3a-aaaa-4bbb-8ccc-ddddeeeeffff' },
      ...(node === undefined ? {} : { node: { name: node, uid: '11112222-3333-4444-8555-666677778888' } }),
    };
    return new SignJWT({ 'kubernetes.io': bound, jti: `jti-${account}-${now}`, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid })
      .setIssuer(options.issuer ?? this.url)
      .setSubject(`system:serviceaccount:${namespace}:${account}`)
      .setAudience(audience)
      .setIssuedAt(now - 5)
      .setExpirationTime(now + expiresIn)
      .sign(key ?? own);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}
