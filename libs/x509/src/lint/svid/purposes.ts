import { oids } from '../oids.js';
import { type CertificateRule } from '../to-sign.js';

/** A workload is both; an operator's certificate, which is a client's alone, is one of ours and no workload's. */
export const svidPurposes: CertificateRule = {
  id: 'svid.purposes',
  section: 'X.509-SVID, section 4.4',
  severity: 'error',
  check: ({ certificate }) => {
    const [id] = certificate.spiffeIds;
    if (id === undefined || certificate.isCa || !certificate.purposes) return undefined;
    const needed = /^spiffe:\/\/[^/]+\/cartulary\//.test(id) ? [oids.clientAuth] : [oids.serverAuth, oids.clientAuth];
    return needed.every((purpose) => certificate.purposes!.includes(purpose))
      ? undefined
      : 'serverAuth or clientAuth is missing';
  },
};
