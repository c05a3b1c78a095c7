import { createHash } from 'node:crypto';
import { DerReader, malformed } from '../asn1/der-reader.js';
import { nullValue, objectIdentifier, octetString, sequence } from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { encodeSerial } from '../asn1/serial.js';
import { certificateFacts } from '../certificate/facts.js';
import { publicKeyBits } from '../signer/public-key.js';

export type CertIdHash = 'sha1' | 'sha256';

export interface CertId {
  /** CertID, DER, byte for byte as the client sent it. */
  readonly der: Buffer;
  /** 'sha1', 'sha256' or the object identifier of another hash. */
  readonly hashAlgorithm: string;
  readonly issuerNameHash: Buffer;
  readonly issuerKeyHash: Buffer;
  /** Lower-case hex. */
  readonly serial: string;
}

const hashOids: Readonly<Record<CertIdHash, string>> = { sha1: oid.sha1, sha256: oid.sha256 };
const hashNames = new Map(Object.entries(hashOids).map(([name, id]) => [id, name]));

/** Reads the next element, a CertID (RFC 6960, section 4.1.1). Throws DER_MALFORMED. */
export const readCertId = (from: DerReader): CertId => {
  const der = from.raw(0x30);
  const reader = new DerReader(der).enter();
  const identifier = reader.enter();
  const hash = identifier.objectIdentifier();
  identifier.optional(0x05)?.finish();
  const hashAlgorithm = hashNames.get(hash) ?? hash;
  if (hashNames.has(hash)) identifier.finish();
  const issuerNameHash = reader.content(0x04);
  const issuerKeyHash = reader.content(0x04);
  if (issuerNameHash.length > 64 || issuerKeyHash.length > 64) throw malformed('a hash is too long');
  // Whatever number a client asks about is answered; a negative one can't be ours, so its octets do as its name.
  const serial = reader.integerHex().replace(/^00(?=.)/, '');
  if (serial.length > 80) throw malformed('a serial number is too long');
  reader.finish();
  return { der, hashAlgorithm, issuerNameHash, issuerKeyHash, serial };
};

const digest = (hash: CertIdHash, bytes: Buffer): Buffer => createHash(hash).update(bytes).digest();

export interface IssuerHashes {
  readonly name: Buffer;
  readonly key: Buffer;
}

/** Of the issuer's subject and of its public key's bits. */
export const issuerHashes = (issuerCertificate: Buffer, hash: CertIdHash): IssuerHashes => {
  const { subjectName, spki } = certificateFacts(issuerCertificate);
  return { name: digest(hash, subjectName), key: digest(hash, publicKeyBits(spki)) };
};

/** CertID, DER. */
export const encodeCertId = (issuerCertificate: Buffer, serial: string, hash: CertIdHash): Buffer => {
  const { name, key } = issuerHashes(issuerCertificate, hash);
  const identifier = sequence(objectIdentifier(hashOids[hash]), nullValue());
  return sequence(identifier, octetString(name), octetString(key), encodeSerial(serial));
};
