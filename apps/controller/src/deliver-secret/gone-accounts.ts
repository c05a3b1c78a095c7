import type { Clock, Logger } from '@cartulary/runtime';
import type { CertificateRegistry } from '../certificates/certificate-registry.js';
import type { Certificates } from '../certificates/certificates.js';
import type { KubernetesApi } from '../kubernetes/api.js';
import { isStatus } from '../kubernetes/errors.js';

export interface GoneAccountsParts {
  readonly api: Pick<KubernetesApi, 'get'>;
  readonly registry: CertificateRegistry;
  readonly certificates: Pick<Certificates, 'revoke'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info'>;
  readonly demandLead: () => void;
}

/** Certificates whose service account was deleted. */
export class GoneAccounts {
  constructor(private readonly parts: GoneAccountsParts) {}

  /**
   * Revokes what such an account still has. That it is not among those that we watch is not enough: a selector may have
   * changed, a list may be wrong. The API server has to say of this one account that it is not there.
   */
  async revoke(key: string, identity: string): Promise<void> {
    const { api, registry, certificates, clock, logger, demandLead } = this.parts;
    const now = clock.now();
    const live = registry.of(identity).filter(({ status, notAfter }) => status !== 'revoked' && notAfter > now);
    if (live.length === 0) return;
    const [namespace, name] = key.split('/');
    try {
      await api.get(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}`);
      return;
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
    }
    for (const known of live) {
      demandLead();
      await certificates.revoke(known.serial, 'cessationOfOperation', 'its service account was deleted');
      registry.put({ ...known, status: 'revoked' });
      logger.info({ account: key, serial: known.serial }, 'revoked with its account');
    }
  }
}
