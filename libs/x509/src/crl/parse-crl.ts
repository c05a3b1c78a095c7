import { DerReader, malformed } from '../asn1/der-reader.js';
import { formatName } from '../asn1/distinguished-name.js';
import { oid } from '../asn1/oid.js';
import { firstDuplicate, readExtensions, type Extension } from '../certificate/extension.js';
import { certificateFacts } from '../certificate/facts.js';
import { CrlError, EncodingError } from '../errors.js';
import {
  publicKeyFromSpki,
  readSignatureMethod,
  verifySignature,
  type SignatureMethod,
} from '../signer/verify-signature.js';
import { crlReasonOf, type CrlReason } from './revoked-entry.js';

export interface ParsedCrlEntry {
  readonly serial: string;
  readonly revokedAt: Date;
  /** 'removeFromCRL' in deltas; 'unspecified' where the entry says nothing. */
  readonly reason: CrlReason | 'removeFromCRL';
  readonly invalidityDate?: Date;
}

export interface ParsedCrl {
  /** RFC 4514 text. */
  readonly issuer: string;
  /** Name, DER. */
  readonly issuerName: Buffer;
  readonly number?: bigint;
  /** Of a delta. */
  readonly baseNumber?: bigint;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  /** Lower-case hex. */
  readonly authorityKeyId?: string;
  readonly signatureAlgorithm: string;
  readonly entries: readonly ParsedCrlEntry[];
  readonly extensions: readonly { readonly oid: string; readonly critical: boolean }[];
}

interface Signed {
  readonly crl: ParsedCrl;
  readonly tbs: Buffer;
  readonly method: SignatureMethod;
  readonly signature: Buffer;
}

const readEntry = (reader: DerReader): ParsedCrlEntry => {
  const serial = reader.unsignedHex();
  const revokedAt = reader.time();
  let reason: ParsedCrlEntry['reason'] = 'unspecified';
  let invalidityDate: Date | undefined;
  for (const { oid: id, critical, value } of reader.done ? [] : readExtensions(reader.enter())) {
    const content = new DerReader(value);
    if (id === oid.crlReason) {
      const known = crlReasonOf(content.content(0x0a)[0] ?? -1);
      if (known === undefined) throw malformed('an entry has an unknown reason');
      reason = known;
    } else if (id === oid.invalidityDate) invalidityDate = content.time();
    else if (critical) throw malformed('an entry has a critical extension that is not understood');
  }
  reader.finish();
  return { serial, revokedAt, reason, ...(invalidityDate ? { invalidityDate } : {}) };
};

const extensionFacts = (extensions: readonly Extension[]) => {
  if (firstDuplicate(extensions) !== undefined) throw malformed('an extension occurs twice');
  const reader = (id: string) => {
    const found = extensions.find((extension) => extension.oid === id);
    return found && new DerReader(found.value);
  };
  const number = reader(oid.crlNumber)?.unsigned();
  const baseNumber = reader(oid.deltaCrlIndicator)?.unsigned();
  const authority = reader(oid.authorityKeyIdentifier)?.enter();
  return {
    ...(number === undefined ? {} : { number }),
    ...(baseNumber === undefined ? {} : { baseNumber }),
    ...(authority?.tag === 0x80 ? { authorityKeyId: authority.content(0x80).toString('hex') } : {}),
    extensions: extensions.map(({ oid: id, critical }) => ({ oid: id, critical })),
  };
};

// One pass, every element checked as it is read: a CRL of a megabyte takes milliseconds.
const read = (der: Buffer): Signed => {
  const whole = new DerReader(der);
  const outer = whole.enter();
  whole.finish();
  const tbs = outer.raw(0x30);
  const identifier = outer.raw(0x30);
  const signature = outer.wholeBits();
  outer.finish();
  const reader = new DerReader(tbs).enter();
  if (reader.unsigned() !== 1n) throw malformed('not a version 2 CRL');
  if (!reader.raw(0x30).equals(identifier)) throw malformed('the two signature algorithms differ');
  const issuerName = reader.raw(0x30);
  const thisUpdate = reader.time();
  const nextUpdate = reader.tag === 0x17 || reader.tag === 0x18 ? reader.time() : undefined;
  const revoked = reader.optional(0x30);
  if (revoked?.done) throw malformed('an empty list of entries is left out');
  const entries: ParsedCrlEntry[] = [];
  while (revoked && !revoked.done) entries.push(readEntry(revoked.enter()));
  const wrapped = reader.optional(0xa0);
  reader.finish();
  const facts = extensionFacts(wrapped ? readExtensions(wrapped.enter()) : []);
  const method = readSignatureMethod(identifier);
  const crl: ParsedCrl = {
    issuer: formatName(issuerName),
    issuerName,
    thisUpdate,
    ...(nextUpdate ? { nextUpdate } : {}),
    signatureAlgorithm: method.name,
    entries,
    ...facts,
  };
  return { crl, tbs, method, signature };
};

const guarded = (der: Buffer): Signed => {
  try {
    return read(der);
  } catch (error) {
    if (!(error instanceof EncodingError)) throw error;
    throw new CrlError('CRL_MALFORMED', error.message, { cause: error });
  }
};

/** Throws CRL_MALFORMED. The signature is not looked at. */
export const parseCrl = (crl: Buffer): ParsedCrl => guarded(crl).crl;

/**
 * Parses and checks issuer name, key identifier and signature against the issuer's certificate; the dates are the
 * caller's to judge. Throws CRL_MALFORMED, CRL_BAD_SIGNATURE.
 */
export const verifyCrl = (crl: Buffer, issuerCertificate: Buffer): ParsedCrl => {
  const { crl: parsed, tbs, method, signature } = guarded(crl);
  const issuer = certificateFacts(issuerCertificate);
  if (!parsed.issuerName.equals(issuer.subjectName)) {
    throw new CrlError('CRL_BAD_SIGNATURE', 'the CRL is of another issuer');
  }
  if (parsed.authorityKeyId !== undefined && parsed.authorityKeyId !== issuer.subjectKeyId.toString('hex')) {
    throw new CrlError('CRL_BAD_SIGNATURE', 'the CRL is signed with another key of the issuer');
  }
  if (!verifySignature(method, publicKeyFromSpki(issuer.spki), tbs, signature)) {
    throw new CrlError('CRL_BAD_SIGNATURE', 'the signature of the CRL is wrong');
  }
  return parsed;
};
