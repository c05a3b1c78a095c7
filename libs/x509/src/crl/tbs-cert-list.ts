import { time } from '../asn1/der-time.js';
import { assembleSigned } from '../asn1/assemble-signed.js';
import { context, contextPrimitive, integer, sequence, tlvPieces } from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { signatureIdentifier } from '../asn1/signature-identifier.js';
import { freshestCrl } from '../certificate/encode-extension.js';
import { encodeExtensions } from '../certificate/extension.js';
import { CrlError } from '../errors.js';
import { type SignatureAlgorithm } from '../signer/key-algorithm.js';
import { rememberPieces } from './entry-pieces.js';

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
 * build it each for themselves.
 */
export const buildTbsCertList = (template: CertListTemplate): Buffer => {
  if (template.nextUpdate <= template.thisUpdate)
    throw new CrlError('CRL_MALFORMED', 'nextUpdate is not after thisUpdate');
  const revoked = template.entries.some(({ length }) => length > 0) ? tlvPieces(0x30, template.entries) : [];
  const tbs = Buffer.concat(
    tlvPieces(0x30, [
      integer(1),
      signatureIdentifier(template.signatureAlgorithm),
      template.issuerName,
      time(template.thisUpdate),
      time(template.nextUpdate),
      ...revoked,
      context(0, extensionsOf(template)),
    ]),
  );
  return rememberPieces(tbs, template.entries);
};

/** The CRL, DER. */
export const assembleCrl = assembleSigned;
