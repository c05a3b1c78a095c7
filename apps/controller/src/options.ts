import type { Config } from '@cartulary/runtime';
import { secretForm, type SecretForm } from './deliver-secret/secret-form.js';

/** What the controller's part of the configuration means. */
export interface ControllerOptions {
  readonly trustDomain: string;
  /** Absent: all. */
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: string;
  readonly accountSelector?: string;
  readonly form: SecretForm;
  readonly parallel: number;
  /** Milliseconds. */
  readonly grace: number;
  readonly revokeDeleted: boolean;
  /** Of the ConfigMaps with roots and CRLs; absent: none. */
  readonly bundleName?: string;
  readonly clusterBundle: boolean;
  readonly signer: boolean;
  readonly serverSigner: boolean;
  readonly clusterDomain: string;
  readonly lease: string;
  /** Milliseconds. */
  readonly leaseDuration: number;
}

export const optionsOf = (config: Config): ControllerOptions => ({
  trustDomain: config.trustDomain,
  ...(config.kubernetesNamespaces ? { namespaces: config.kubernetesNamespaces } : {}),
  ...(config.kubernetesNamespaceSelector ? { namespaceSelector: config.kubernetesNamespaceSelector } : {}),
  ...(config.kubernetesAccountSelector ? { accountSelector: config.kubernetesAccountSelector } : {}),
  form: secretForm(config.kubernetesSecretForm, config.kubernetesSecretName, config.kubernetesSecretKeys),
  parallel: config.kubernetesParallel,
  grace: config.kubernetesGrace,
  revokeDeleted: config.kubernetesRevokeDeleted,
  ...(config.kubernetesBundleName ? { bundleName: config.kubernetesBundleName } : {}),
  clusterBundle: config.kubernetesClusterBundle,
  signer: config.kubernetesSigner,
  serverSigner: config.kubernetesServerSigner,
  clusterDomain: config.kubernetesClusterDomain,
  lease: config.kubernetesLease,
  leaseDuration: config.kubernetesLeaseDuration,
});
