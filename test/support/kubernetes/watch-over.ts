import type { Certificate } from '@cartulary/contracts';
import type { ServiceProcess } from '@cartulary/testing';
import type { ControllerScene } from './controller-scene.js';
import { type Delivered, eventually, readDelivered } from './delivered.js';

/** What tests ask of a scene. */
export const watchOver = (scene: ControllerScene) => {
  const certificatesOf = async (namespace: string, account: string): Promise<readonly Certificate[]> => {
    const identity = `spiffe://cluster.local/ns/${namespace}/sa/${account}`;
    return (await scene.operator.listCertificates({ query: { identity, limit: 100 } })).certificates;
  };

  return {
    certificatesOf,

    /** The Secret, once it is there and fits. */
    found: (namespace: string, account: string, fits: (delivered: Delivered) => boolean = () => true) =>
      eventually(
        async () => {
          const delivered = await readDelivered(scene.kubernetes.admin, namespace, account);
          return delivered && fits(delivered) ? delivered : undefined;
        },
        { what: `the Secret of ${namespace}/${account}`, ms: 120_000 },
      ),

    revocationOf: (serial: string) =>
      eventually(async () => {
        const certificate = await scene.operator.getCertificate({ params: { serial } });
        return certificate.status === 'revoked' ? certificate.revocation : undefined;
      }),

    /** Waits until the account has one live certificate, and that the one in its Secret. */
    settled: (namespace: string, account: string) =>
      eventually(
        async () => {
          const delivered = await readDelivered(scene.kubernetes.admin, namespace, account);
          const live = (await certificatesOf(namespace, account)).filter(({ status }) => status === 'active');
          return live.length === 1 && live[0]?.serial === delivered?.serial && delivered?.keyFits === true;
        },
        { what: `${namespace}/${account} with one live certificate`, ms: 120_000 },
      ),

    /** Who holds the Lease; empty when nobody does. */
    holder: async (): Promise<string> => {
      const path = '/apis/coordination.k8s.io/v1/namespaces/istio-ca-ns/leases/cartulary-controller';
      const { body } = await scene.kubernetes.admin.get(path);
      return String(body.spec?.['holderIdentity'] ?? '');
    },
  };
};

/** Who leads says so in its log, with the name that stands in the Lease. */
export const holderOf = (controller: ServiceProcess): string =>
  [...controller.log().matchAll(/"holder":"([^"]+)"[^\n]*"msg":"leading"/g)].at(-1)?.[1] ?? '';
