import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KubernetesJson, KubernetesUser } from './kubernetes-user.js';

/** What lies in a Secret of the form `istio`. */
export interface Delivered {
  readonly secret: KubernetesJson;
  readonly leaf: X509Certificate;
  readonly serial: string;
  /** PEM. */
  readonly chain: string;
  readonly key: string;
  readonly root: string;
  readonly keyFits: boolean;
}

export const secretPath = (namespace: string, account: string): string =>
  `/api/v1/namespaces/${namespace}/secrets/istio.${account}`;

export const decoded = (secret: KubernetesJson, key: string): string =>
  Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8');

/** Undefined while there is no Secret that can be read. */
export const readDelivered = async (
  user: KubernetesUser,
  namespace: string,
  account: string,
): Promise<Delivered | undefined> => {
  const { status, body: secret } = await user.get(secretPath(namespace, account));
  if (status !== 200) return undefined;
  const [chain, key, root] = ['cert-chain.pem', 'key.pem', 'root-cert.pem'].map((name) => decoded(secret, name));
  try {
    const leaf = new X509Certificate(chain!);
    const keyFits = leaf.checkPrivateKey(createPrivateKey(key!));
    const serial = leaf.serialNumber.toLowerCase();
    return { secret, leaf, serial, keyFits, chain: chain!, key: key!, root: root! };
  } catch {
    return undefined;
  }
};

export interface Patience {
  readonly ms?: number;
  readonly what?: string;
}

/** Asks until the answer is there; the limit is for what never comes, not a measure. */
export const eventually = async <T>(
  ask: () => Promise<T | undefined | false>,
  { ms = 60_000, what = 'it' }: Patience = {},
): Promise<T> => {
  const until = performance.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > until) throw new Error(`${what} did not come within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

/** DER of each block of a PEM file, whatever its label. */
export const decodedPems = (pem: string): readonly Buffer[] =>
  [...pem.matchAll(/-----BEGIN [^-]+-----([^-]+)-----END [^-]+-----/g)].map(([, body]) =>
    Buffer.from(body ?? '', 'base64'),
  );
