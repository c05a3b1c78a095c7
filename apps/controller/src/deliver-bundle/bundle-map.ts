import type { V1ConfigMap } from '@kubernetes/client-node';
import { managedBy } from '../deliver-secret/secret-form.js';
import { digestOf } from '../trust/trust-anchors.js';

/** What relying parties in a namespace need besides a certificate of their own. PEM. */
export interface Bundle {
  readonly roots: string;
  readonly crls: string;
}

export const bundleKeys = { roots: 'root-cert.pem', crls: 'crl.pem' } as const;

/** etcd takes 1.5 MiB, the API server 1 MiB in a ConfigMap. */
const MOST_OCTETS = 1_000_000;

export const fitsInMap = ({ roots, crls }: Bundle): boolean => roots.length + crls.length <= MOST_OCTETS;

export const bundleData = ({ roots, crls }: Bundle): Readonly<Record<string, string>> => ({
  [bundleKeys.roots]: roots,
  [bundleKeys.crls]: crls,
});

export const bundleDigest = ({ roots, crls }: Bundle): string => digestOf(`${digestOf(roots)} ${digestOf(crls)}`);

export interface MapFacts {
  readonly resourceVersion: string;
  readonly labelled: boolean;
  /** Of what lies there. */
  readonly digest: string;
}

export const inspectMap = ({ metadata, data = {} }: V1ConfigMap): MapFacts => ({
  resourceVersion: metadata?.resourceVersion ?? '',
  labelled: Object.entries(managedBy).every(([name, value]) => metadata?.labels?.[name] === value),
  digest: bundleDigest({ roots: data[bundleKeys.roots] ?? '', crls: data[bundleKeys.crls] ?? '' }),
});

export type MapAction = 'none' | 'create' | 'update' | 'leave';

export const decideMap = (existing: MapFacts | undefined, wanted: string): MapAction => {
  if (!existing) return 'create';
  if (!existing.labelled) return 'leave';
  return existing.digest === wanted ? 'none' : 'update';
};
