import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadAllYaml } from '@kubernetes/client-node';
import type { KubernetesAnswer, KubernetesUser } from './kubernetes-user.js';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly object[];
}

const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const root = fileURLToPath(new URL('../../../', import.meta.url));
export const chart = join(root, 'deploy/helm/cartulary');
const manifestsIn = (yaml: string): readonly Manifest[] =>
  (loadAllYaml(yaml) as (Manifest | null)[]).filter((each) => each !== null);

/** Throws with what helm says. */
export const helm = (...args: readonly string[]): string =>
  execFileSync(join(cache, 'cartulary/kubernetes/bin/helm'), args, { encoding: 'utf8', stdio: 'pipe' });

/** The chart's manifests, as a release in istio-ca-ns would have them. */
export const renderedText = (...args: readonly string[]): string =>
  helm('template', 'test', chart, '--kube-version', '1.36.3', '--namespace', 'istio-ca-ns', ...args);

export const rendered = (...args: readonly string[]): readonly Manifest[] => manifestsIn(renderedText(...args));

/** The photo example's, in the order of its files. */
export const example = (): readonly Manifest[] => {
  const directory = join(root, 'deploy/examples/photo/kubernetes');
  return readdirSync(directory)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .flatMap((file) => manifestsIn(readFileSync(join(directory, file), 'utf8')));
};

const plurals: Readonly<Record<string, string>> = { NetworkPolicy: 'networkpolicies' };
const clusterWide = new Set(['Namespace', 'ClusterRole', 'ClusterRoleBinding']);

const pathOf = ({ apiVersion, kind, metadata }: Manifest): string => {
  const group = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const namespace = clusterWide.has(kind) ? '' : `/namespaces/${metadata.namespace ?? 'istio-ca-ns'}`;
  return `${group}${namespace}/${plurals[kind] ?? `${kind.toLowerCase()}s`}`;
};

/** Strict: a field that the API server doesn't know is an error. */
export const apply = (user: KubernetesUser, manifest: Manifest, dryRun = false): Promise<KubernetesAnswer> =>
  user.post(`${pathOf(manifest)}?fieldValidation=Strict${dryRun ? '&dryRun=All' : ''}`, manifest);
