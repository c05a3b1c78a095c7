import { time } from '../asn1/der-time.js';
import { assembleSigned } from '../asn1/assemble-signed.js';
import { bitString, context, contextPrimitive, header, integer, sequence } from '../asn1/der-writer.js';
import { Octets } from '../asn1/octets.js';
import { oid } from '../asn1/oid.js';
import { signatureIdentifier } from '../asn1/signature-identifier.js';
import { freshestCrl } from '../certificate/encode-extension.js';
import { encodeExtensions } from '../certificate/extension.js';
import { CrlError } from '../errors.js';
import { type SignatureAlgorithm } from '../signer/key-algorithm.js';
import { CertListOctets } from './cert-list-octets.js';
import { lengthOf, rememberPieces } from './entry-pieces.js';

export interface CertListTemplate {
  /** The issuer's subject, DER, byte for byte. */
  readonly issuerName: Buffer;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** The issuer's subject key identifier. */
  readonly authorityKeyId: Buffer;
  readonly crlNumber: bigint;
  /** Makes it a delta to that full CRL. */
  readonly baseCrlNumber?: bigint;
  /** Of a complete CRL: where its delta is. */
  readonly freshestCrlUrl?: string;
  /** Encoded entries in ascending order of serial; a piece may hold several. */
  readonly entries: readonly Buffer[];
}

const extensionsOf = ({ authorityKeyId, crlNumber, baseCrlNumber, freshestCrlUrl }: CertListTemplate): Buffer =>
  encodeExtensions([
    { oid: oid.authorityKeyIdentifier, critical: false, value: sequence(contextPrimitive(0, authorityKeyId)) },
    { oid: oid.crlNumber, critical: false, value: integer(crlNumber) },
    ...(baseCrlNumber === undefined
      ? []
      : [{ oid: oid.deltaCrlIndicator, critical: true, value: integer(baseCrlNumber) }]),
    ...(freshestCrlUrl === undefined ? [] : [freshestCrl(freshestCrlUrl)]),
  ]);

/**
 * TBSCertList, DER (RFC 5280, section 5.1): version 2, no issuing distribution point (DESIGN §11.1), and no
 * revokedCertificates where nothing is revoked (section 5.1.2.6). Same template, same bytes: publisher and followers
 * build it each for themselves. The entries stay where they are.
 */
export const tbsCertList = (template: CertListTemplate): CertListOctets => {
  if (template.nextUpdate <= template.thisUpdate)
    throw new CrlError('CRL_MALFORMED', 'nextUpdate is not after thisUpdate');
  const { entries } = template;
  const listed = lengthOf(entries);
  const fields = Buffer.concat([
    integer(1),
    signatureIdentifier(template.signatureAlgorithm),
    template.issuerName,
    time(template.thisUpdate),
    time(template.nextUpdate),
    ...(listed > 0 ? [header(0x30, listed)] : []),
  ]);
  const tail = context(0, extensionsOf(template));
  const outer = header(0x30, fields.length + listed + tail.length);
  return new CertListOctets(Buffer.concat([outer, fields]), entries, tail);
};

/** The same in one buffer. */
export const buildTbsCertList = (template: CertListTemplate): Buffer =>
  rememberPieces(tbsCertList(template).join(), template.entries);

/** The CRL, DER. */
export const assembleCrl = assembleSigned;

/** The CRL, DER, around a TBSCertList that is not copied. */
export const crlOctets = (tbs: Octets, algorithm: SignatureAlgorithm, signature: Buffer): Octets => {
  const tail = Buffer.concat([signatureIdentifier(algorithm), bitString(signature)]);
  const [head, length] = [header(0x30, tbs.length + tail.length), tbs.length + tail.length];
  return new Octets([head, ...tbs.parts, tail], head.length + length);
};
