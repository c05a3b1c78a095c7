import { createPublicKey, type KeyObject } from 'node:crypto';
import { bitString, context, integer, objectIdentifier, sequence, setOf } from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { signatureIdentifier } from '../asn1/signature-identifier.js';
import { encodeExtensions, type Extension } from '../certificate/extension.js';
import { signatureAlgorithmFor } from '../signer/key-algorithm.js';
import { describePrivateKey, signWithKey } from '../signer/private-key.js';
import { spkiOf } from '../signer/public-key.js';

export interface ForgedCsr {
  readonly subjectName?: Buffer;
  readonly extensions?: readonly Extension[];
  /** In place of the one that holds the extensions. */
  readonly attributes?: readonly Buffer[];
  readonly spki?: Buffer;
}

export const extensionRequest = (...values: readonly Buffer[]): Buffer =>
  sequence(objectIdentifier(oid.extensionRequest), setOf(...values));

/** A request with whatever in it, properly signed; for tests. */
export const forgeCsr = async (privateKey: KeyObject, forged: ForgedCsr): Promise<Buffer> => {
  const { algorithm } = describePrivateKey(privateKey);
  const attributes = forged.attributes ?? [extensionRequest(encodeExtensions(forged.extensions ?? []))];
  const spki = forged.spki ?? spkiOf(createPublicKey(privateKey));
  const info = sequence(integer(0), forged.subjectName ?? sequence(), spki, context(0, ...attributes));
  const signature = await signWithKey(privateKey, algorithm, info);
  return sequence(info, signatureIdentifier(signatureAlgorithmFor(algorithm)), bitString(signature));
};
