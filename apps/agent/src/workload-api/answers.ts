import { createHash } from 'node:crypto';
import type { TrustState } from '../trust/trust-state.js';
import type { Svid } from '../workloads/svid.js';
import type { X509BundlesResponse, X509SvidResponse } from './messages.js';

const versions = new WeakMap<object, string>();

const versioned = <T extends object>(response: T, version: string): T => {
  versions.set(response, version);
  return response;
};

/** Two answers with the same one say the same. */
export const versionOf = (response: object): string | undefined => versions.get(response);

/** Undefined until each of the process's identities has its certificate: a first answer with a part would be all. */
export const svidAnswer = (
  svids: readonly Svid[],
  wanted: number,
  { bundle, crls, version }: TrustState,
): X509SvidResponse | undefined => {
  if (svids.length < wanted) return undefined;
  const anchors = Buffer.concat(bundle.anchors);
  const response: X509SvidResponse = {
    svids: svids.map(({ spiffeId, chain, privateKey }) => ({
      spiffeId,
      x509Svid: Buffer.concat(chain),
      x509SvidKey: privateKey.export({ type: 'pkcs8', format: 'der' }),
      bundle: anchors,
    })),
    crl: crls.map(({ der }) => der),
  };
  const serials = svids.map(({ serial }) => serial).join();
  return versioned(response, createHash('sha256').update(`${version} ${serials}`).digest('hex'));
};

export const bundlesAnswer = ({ bundle, crls, version }: TrustState): X509BundlesResponse =>
  versioned(
    {
      crl: crls.map(({ der }) => der),
      bundles: { [`spiffe://${bundle.trustDomain}`]: Buffer.concat(bundle.anchors) },
    },
    version,
  );
