/** What the controller may do in a cluster, and nothing more: role and binding, each with the path to post it to. */
export const controllerRights = (user: string, namespace: string): readonly (readonly [string, object])[] => {
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user }];
  const roleRef = (kind: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name: 'cartulary-controller' });
  return [
    [
      `${rbac}/clusterroles`,
      {
        metadata: { name: 'cartulary-controller' },
        rules: [
          { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get', 'list', 'watch'] },
          { apiGroups: [''], resources: ['namespaces'], verbs: ['list', 'watch'] },
          {
            apiGroups: [''],
            resources: ['secrets'],
            verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
          },
          {
            apiGroups: [''],
            resources: ['configmaps'],
            verbs: ['get', 'list', 'watch', 'create', 'patch'],
          },
          {
            apiGroups: ['certificates.k8s.io'],
            resources: ['certificatesigningrequests'],
            verbs: ['get', 'list', 'watch'],
          },
          {
            apiGroups: ['certificates.k8s.io'],
            resources: ['certificatesigningrequests/status'],
            verbs: ['patch'],
          },
          {
            apiGroups: ['certificates.k8s.io'],
            resources: ['signers'],
            resourceNames: ['cartulary.dev/workload', 'cartulary.dev/server'],
            verbs: ['sign'],
          },
          {
            apiGroups: ['certificates.k8s.io'],
            resources: ['clustertrustbundles'],
            verbs: ['get', 'list', 'watch', 'create', 'patch'],
          },
          {
            apiGroups: ['certificates.k8s.io'],
            resources: ['signers'],
            resourceNames: ['cartulary.dev/workload'],
            verbs: ['attest'],
          },
        ],
      },
    ],
    [
      `${rbac}/clusterrolebindings`,
      { metadata: { name: 'cartulary-controller' }, subjects, roleRef: roleRef('ClusterRole') },
    ],
    [
      `${rbac}/namespaces/${namespace}/roles`,
      {
        metadata: { name: 'cartulary-controller' },
        rules: [
          { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
          {
            apiGroups: ['coordination.k8s.io'],
            resources: ['leases'],
            resourceNames: ['cartulary-controller'],
            verbs: ['get', 'update'],
          },
        ],
      },
    ],
    [
      `${rbac}/namespaces/${namespace}/rolebindings`,
      { metadata: { name: 'cartulary-controller' }, subjects, roleRef: roleRef('Role') },
    ],
  ];
};
