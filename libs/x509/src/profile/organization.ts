import { encodeName } from '../asn1/distinguished-name.js';

/** `O=<trust domain>`; empty where that is longer than the attribute may be (64). The identity is in the SAN. */
export const organizationName = (trustDomain: string): Buffer =>
  encodeName(trustDomain.length <= 64 ? [{ type: 'O', value: trustDomain }] : []);

/** Whether a Name, DER, has no attributes: then the subjectAltName is critical. */
export const isEmptyName = (name: Buffer): boolean => name.length === 2;
