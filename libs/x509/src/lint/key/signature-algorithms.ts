import { oids } from '../oids.js';
import { type KeyKind, type KeyView } from '../view/key-view.js';

const rsa = (last: string): string => `300d06092a864886f70d0101${last}0500`;

// AlgorithmIdentifiers, DER, in hex. ECDSA: RFC 5758, section 3.2, no parameters. RSA: RFC 4055, section 5, NULL.
// Ed25519: RFC 8410, section 3, none. ML-DSA: RFC 9881, section 2, none.
const made: Readonly<Record<KeyKind, readonly string[]>> = {
  p256: ['300a06082a8648ce3d040302'],
  p384: ['300a06082a8648ce3d040303'],
  rsa: [rsa('0b'), rsa('0c'), rsa('0d')],
  ed25519: [`300506032b6570`],
  'ml-dsa-44': [`300b0609${oids.mlDsa44}`],
  'ml-dsa-65': [`300b0609${oids.mlDsa65}`],
  'ml-dsa-87': [`300b0609${oids.mlDsa87}`],
  other: [],
};

/** Whether the identifier is, octet for octet, one of the signatures that the key makes. */
export const signatureAlgorithmProblem = (identifier: string, { kind }: KeyView): string | undefined =>
  made[kind].includes(identifier) ? undefined : `it is not what a ${kind} key signs with, or has wrong parameters`;
