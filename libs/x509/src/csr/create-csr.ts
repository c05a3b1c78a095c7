import { createPublicKey, type KeyObject } from 'node:crypto';
import { encodeName, type DistinguishedName } from '../asn1/distinguished-name.js';
import { bitString, context, integer, objectIdentifier, sequence, setOf } from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { signatureIdentifier } from '../asn1/signature-identifier.js';
import { subjectAltName } from '../certificate/encode-extension.js';
import { encodeExtensions, type Extension } from '../certificate/extension.js';
import { signatureAlgorithmFor } from '../signer/key-algorithm.js';
import { describePrivateKey, signWithKey } from '../signer/private-key.js';
import { spkiOf } from '../signer/public-key.js';

export interface CsrContents {
  readonly subject?: DistinguishedName;
  readonly uris?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
}

/** CertificationRequestInfo, DER: for a key that signs elsewhere. */
export const buildTbsCsr = (subjectName: Buffer, spki: Buffer, extensions: readonly Extension[]): Buffer => {
  const attribute = sequence(objectIdentifier(oid.extensionRequest), setOf(encodeExtensions(extensions)));
  return sequence(integer(0), subjectName, spki, context(0, ...(extensions.length > 0 ? [attribute] : [])));
};

/** A request for the holder of the key; DER. */
export const createCsr = async (privateKey: KeyObject, contents: CsrContents = {}): Promise<Buffer> => {
  const { algorithm } = describePrivateKey(privateKey);
  const { uris = [], dnsNames = [], ipAddresses = [] } = contents;
  const subjectName = encodeName(contents.subject ?? []);
  const named = uris.length + dnsNames.length + ipAddresses.length > 0;
  const extensions = named ? [subjectAltName({ uris, dnsNames, ipAddresses }, contents.subject === undefined)] : [];
  const info = buildTbsCsr(subjectName, spkiOf(createPublicKey(privateKey)), extensions);
  const signature = await signWithKey(privateKey, algorithm, info);
  return sequence(info, signatureIdentifier(signatureAlgorithmFor(algorithm)), bitString(signature));
};
