import { DerReader, malformed } from '../asn1/der-reader.js';
import { checkStrictDer } from '../asn1/check-strict-der.js';
import { oid } from '../asn1/oid.js';
import { CertificateError, EncodingError } from '../errors.js';
import { readSignatureMethod, type SignatureMethod } from '../signer/verify-signature.js';
import { firstDuplicate, readExtensions, type Extension } from './extension.js';
import { decodeGeneralNames, type GeneralNames } from './general-names.js';
import { keyUsageNames, type KeyUsageName } from './key-usage.js';

/** A certificate by its parts; each is a view of the bytes, nothing is re-encoded. */
export interface ParsedCertificate {
  readonly der: Buffer;
  readonly tbs: Buffer;
  /** Lower-case hex. */
  readonly serial: string;
  readonly issuerName: Buffer;
  readonly subjectName: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly spki: Buffer;
  readonly extensions: readonly Extension[];
  readonly signatureMethod: SignatureMethod;
  readonly signature: Buffer;
}

const read = (der: Buffer): ParsedCertificate => {
  checkStrictDer(der, { maxDepth: 16, maxElements: 20_000 });
  const outer = new DerReader(der).enter();
  const tbs = outer.raw(0x30);
  const identifier = outer.raw(0x30);
  const signature = outer.wholeBits();
  outer.finish();
  const reader = new DerReader(tbs).enter();
  const version = reader.optional(0xa0)?.unsigned();
  const serial = reader.unsignedHex();
  if (!reader.raw(0x30).equals(identifier)) throw malformed('the two signature algorithms differ');
  const issuerName = reader.raw(0x30);
  const validity = reader.enter();
  const [notBefore, notAfter] = [validity.time(), validity.time()];
  validity.finish();
  const subjectName = reader.raw(0x30);
  const spki = reader.raw(0x30);
  const wrapped = reader.optional(0xa3);
  reader.finish();
  const extensions = wrapped ? readExtensions(wrapped.enter()) : [];
  wrapped?.finish();
  if (version !== 2n) throw malformed('not a version 3 certificate');
  if (firstDuplicate(extensions)) throw malformed('an extension occurs twice');
  const signatureMethod = readSignatureMethod(identifier);
  return {
    der,
    tbs,
    serial,
    issuerName,
    subjectName,
    notBefore,
    notAfter,
    spki,
    extensions,
    signatureMethod,
    signature,
  };
};

/** What is no DER is CERTIFICATE_MALFORMED. */
export const guarded = <T>(action: () => T): T => {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof EncodingError)) throw error;
    throw new CertificateError('CERTIFICATE_MALFORMED', error.message, { cause: error });
  }
};

/** Throws CERTIFICATE_MALFORMED. */
export const parseCertificate = (der: Buffer): ParsedCertificate => guarded(() => read(der));

const valueOf = ({ extensions }: ParsedCertificate, id: string): DerReader | undefined => {
  const extension = extensions.find((each) => each.oid === id);
  return extension && new DerReader(extension.value);
};

export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength?: number;
}

export const basicConstraintsOf = (certificate: ParsedCertificate): BasicConstraints =>
  guarded(() => {
    const reader = valueOf(certificate, oid.basicConstraints)?.enter();
    if (!reader || reader.done) return { ca: false };
    const ca = reader.tag === 0x01 ? reader.boolean() : false;
    return reader.done ? { ca } : { ca, pathLength: Number(reader.unsigned()) };
  });

/** Undefined when the extension is missing. */
export const keyUsageOf = (certificate: ParsedCertificate): readonly KeyUsageName[] | undefined =>
  guarded(() =>
    valueOf(certificate, oid.keyUsage)
      ?.namedBits()
      .flatMap((bit) => keyUsageNames[bit] ?? []),
  );

/** Object identifiers; undefined when the extension is missing. */
export const extendedKeyUsageOf = (certificate: ParsedCertificate): readonly string[] | undefined =>
  guarded(() => {
    const reader = valueOf(certificate, oid.extendedKeyUsage)?.enter();
    if (!reader) return undefined;
    const purposes: string[] = [];
    while (!reader.done) purposes.push(reader.objectIdentifier());
    return purposes;
  });

const noNames: GeneralNames = { uris: [], dnsNames: [], ipAddresses: [], emails: [], others: [] };

export const subjectAltNamesOf = ({ extensions }: ParsedCertificate): GeneralNames =>
  guarded(() => {
    const extension = extensions.find((each) => each.oid === oid.subjectAltName);
    return extension ? decodeGeneralNames(extension.value) : noNames;
  });

export const subjectKeyIdOf = (certificate: ParsedCertificate): Buffer | undefined =>
  guarded(() => valueOf(certificate, oid.subjectKeyIdentifier)?.content(0x04));

export const authorityKeyIdOf = (certificate: ParsedCertificate): Buffer | undefined =>
  guarded(() => {
    const reader = valueOf(certificate, oid.authorityKeyIdentifier)?.enter();
    return reader?.tag === 0x80 ? reader.content(0x80) : undefined;
  });
