import { key } from '../define-config.js';
import { booleanKind, durationKind, enumKind, integerKind, listKind, patternKind, textKind } from '../kinds.js';

// The controller of a Kubernetes cluster.

const kubernetesNameKind = patternKind(
  'name',
  /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
  253,
  'lower-case letters, digits, hyphens and dots, as Kubernetes names objects',
);
const secretNameKind = patternKind(
  'name',
  /^[a-z0-9.-]*\{account\}[a-z0-9.-]*$/,
  200,
  'a name with `{account}` in it, such as `istio.{account}`',
);
const secretKeyKind = patternKind('key', /^[A-Za-z0-9._-]+$/, 253, 'letters, digits, `.`, `_` and `-`');

export const kubernetes = {
  kubeconfig: key(textKind, {
    absent: 'the service account of the pod',
    description: 'File that says where the API server is and as whom the controller calls it.',
  }),
  kubernetesNamespaces: key(listKind(kubernetesNameKind), {
    absent: 'every namespace',
    description: 'Namespaces whose service accounts get Secrets. With them, rights in these alone are enough.',
  }),
  kubernetesNamespaceSelector: key(textKind, {
    absent: 'every namespace',
    description: 'Label selector of namespaces; where none are named. Those that no longer match keep what they have.',
  }),
  kubernetesAccountSelector: key(textKind, {
    absent: 'every service account',
    description: 'Label selector of service accounts.',
  }),
  kubernetesSecretForm: key(enumKind(['istio', 'tls']), {
    default: 'istio',
    description: 'Type of the Secrets: `istio.io/key-and-cert` or `kubernetes.io/tls`.',
  }),
  kubernetesSecretName: key(secretNameKind, {
    default: 'istio.{account}',
    description: 'Name of the Secrets; `{account}` stands for the service account’s.',
  }),
  kubernetesSecretKeys: key(listKind(secretKeyKind), {
    derived: '`cert-chain.pem,key.pem,root-cert.pem`, or `tls.crt,tls.key,ca.crt` in the form `tls`',
    description: 'Under which keys chain, private key and roots lie in the Secrets, in this order.',
  }),
  kubernetesParallel: key(integerKind(1, 256), {
    default: '16',
    description: 'Service accounts that are worked at at once; what bounds the load on both sides.',
  }),
  kubernetesGrace: key(durationKind('0', '1y'), {
    default: '1h',
    description:
      'How long a certificate stays good after its Secret got another; then it is revoked (`superseded`). Longer than certificates live: never.',
  }),
  kubernetesRevokeDeleted: key(booleanKind, {
    default: 'false',
    description: 'Whether certificates of deleted service accounts are revoked (`cessationOfOperation`).',
  }),
  kubernetesBundleName: key(kubernetesNameKind, {
    absent: 'no ConfigMap is written',
    description:
      'ConfigMap in every selected namespace with the roots (`root-cert.pem`) and every CRL (`crl.pem`), fetched from the public URL.',
  }),
  kubernetesClusterBundle: key(booleanKind, {
    default: 'false',
    description:
      'Whether the roots are kept in the ClusterTrustBundle `cartulary.dev:workload:roots` too, where the API server has that kind.',
  }),
  kubernetesSigner: key(booleanKind, {
    default: 'false',
    description: 'Whether approved CertificateSigningRequests of the signer `cartulary.dev/workload` are signed.',
  }),
  kubernetesServerSigner: key(booleanKind, {
    default: 'false',
    description:
      'Whether approved CertificateSigningRequests of the signer `cartulary.dev/server` are signed: for Services in the account’s own namespace.',
  }),
  kubernetesClusterDomain: key(kubernetesNameKind, {
    default: 'cluster.local',
    description:
      'DNS domain of the cluster: what follows `svc` in the names of Services. Issuance holds the controller to it too.',
  }),
  kubernetesLease: key(kubernetesNameKind, {
    default: 'cartulary-controller',
    description: 'The Lease by which one of several replicas leads.',
  }),
  kubernetesLeaseNamespace: key(kubernetesNameKind, {
    absent: 'the namespace of the kubeconfig or of the pod',
    description: 'Where the Lease lies.',
  }),
  kubernetesLeaseDuration: key(durationKind('1s', '10m'), {
    default: '15s',
    description: 'After this long without a sign of the leader another replica leads.',
  }),
} as const;
