import { type SignatureAlgorithm } from '../signer/key-algorithm.js';
import { nullValue, objectIdentifier, sequence } from './der-writer.js';
import { oid } from './oid.js';

const identifiers: Record<SignatureAlgorithm, Buffer> = {
  // RFC 5758, section 3.2, RFC 8410, section 3, and RFC 9881, section 2: no parameters. RFC 4055, section 5: NULL.
  'ecdsa-sha256': sequence(objectIdentifier(oid.ecdsaWithSha256)),
  'ecdsa-sha384': sequence(objectIdentifier(oid.ecdsaWithSha384)),
  'rsa-sha256': sequence(objectIdentifier(oid.sha256WithRsa), nullValue()),
  ed25519: sequence(objectIdentifier(oid.ed25519)),
  'ml-dsa-44': sequence(objectIdentifier(oid.mlDsa44)),
  'ml-dsa-65': sequence(objectIdentifier(oid.mlDsa65)),
};

/** AlgorithmIdentifier, DER. */
export const signatureIdentifier = (algorithm: SignatureAlgorithm): Buffer => identifiers[algorithm];
