import type { NodeCredential } from '../authority/authority.js';

/** The agent's name: the last segment of its identity. */
export const nodeOf = ({ certificate }: NodeCredential): string => certificate.spiffeId.split('/').at(-1) ?? '';
