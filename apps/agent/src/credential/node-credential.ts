import type { KeyObject } from 'node:crypto';
import type { IssuedCertificate } from '../authority/authority.js';

/** Who this agent is to the CA: `spiffe://<trust domain>/cartulary/agent/<node>`. */
export interface NodeCredential {
  readonly privateKey: KeyObject;
  readonly certificate: IssuedCertificate;
}

/** The agent's name: the last segment of its identity. */
export const nodeOf = ({ certificate }: NodeCredential): string => certificate.spiffeId.split('/').at(-1) ?? '';
