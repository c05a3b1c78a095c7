import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { type GeneralName } from '@peculiar/asn1-x509';
import { AuthorityInfoAccessExtension, CRLDistributionPointsExtension, X509Certificate } from '@peculiar/x509';
import { formatName } from '../asn1/distinguished-name.js';
import { oid } from '../asn1/oid.js';
import { CertificateError, EncodingError } from '../errors.js';
import { type PublicKeyAlgorithm } from '../signer/key-algorithm.js';
import { keyHashOf, parsePublicKey } from '../signer/public-key.js';
import { type KeyUsageName } from './key-usage.js';
import {
  authorityKeyIdOf,
  basicConstraintsOf,
  extendedKeyUsageOf,
  keyUsageOf,
  parseCertificate,
  subjectAltNamesOf,
  subjectKeyIdOf,
} from './parsed-certificate.js';

export interface CertificateDescription {
  readonly serial: string;
  /** RFC 4514 text. */
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly keyAlgorithm: PublicKeyAlgorithm | 'other';
  /** SHA-256 of the SPKI, lower-case hex. */
  readonly keyHash: string;
  /** SHA-256 of the certificate, lower-case hex. */
  readonly fingerprint: string;
  readonly signatureAlgorithm: string;
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly ca: boolean;
  readonly pathLength?: number;
  readonly keyUsage: readonly KeyUsageName[];
  /** Names where known, object identifiers otherwise. */
  readonly extendedKeyUsage: readonly string[];
  /** Lower-case hex. */
  readonly subjectKeyId?: string;
  readonly authorityKeyId?: string;
  readonly ocspUrls: readonly string[];
  readonly caIssuersUrls: readonly string[];
  readonly crlUrls: readonly string[];
  readonly extensions: readonly { readonly oid: string; readonly name: string; readonly critical: boolean }[];
}

const names = new Map<string, string>(Object.entries(oid).map(([name, id]) => [id, name]));
const nameOf = (id: string): string => names.get(id) ?? id;

/** Reads a certificate for people; @peculiar/x509 reads what only people look at. Throws CERTIFICATE_MALFORMED. */
export const describeCertificate = (certificate: Buffer): CertificateDescription => {
  const parsed = parseCertificate(certificate);
  try {
    const decoded = new X509Certificate(new Uint8Array(certificate));
    const access = decoded.getExtension(AuthorityInfoAccessExtension);
    const points = decoded.getExtension(CRLDistributionPointsExtension)?.distributionPoints ?? [];
    const urls = (found: readonly { readonly type: string; readonly value: string }[] = []) =>
      found.flatMap(({ type, value }) => (type === 'url' ? [value] : []));
    const fullNames = points.flatMap<GeneralName>((point) => point.distributionPoint?.fullName ?? []);
    const { ca, pathLength } = basicConstraintsOf(parsed);
    const [subjectKeyId, authorityKeyId] = [subjectKeyIdOf(parsed), authorityKeyIdOf(parsed)];
    const { uris, dnsNames, ipAddresses } = subjectAltNamesOf(parsed);
    const key = parsePublicKey(parsed.spki);
    return {
      serial: parsed.serial,
      subject: formatName(parsed.subjectName),
      issuer: formatName(parsed.issuerName),
      notBefore: parsed.notBefore,
      notAfter: parsed.notAfter,
      keyAlgorithm: key.type === 'other' ? 'other' : key.algorithm,
      keyHash: keyHashOf(parsed.spki),
      fingerprint: createHash('sha256').update(certificate).digest('hex'),
      signatureAlgorithm: parsed.signatureMethod.name,
      uris,
      dnsNames,
      ipAddresses,
      ca,
      ...(pathLength === undefined ? {} : { pathLength }),
      keyUsage: keyUsageOf(parsed) ?? [],
      extendedKeyUsage: (extendedKeyUsageOf(parsed) ?? []).map(nameOf),
      ...(subjectKeyId ? { subjectKeyId: subjectKeyId.toString('hex') } : {}),
      ...(authorityKeyId ? { authorityKeyId: authorityKeyId.toString('hex') } : {}),
      ocspUrls: urls(access?.ocsp),
      caIssuersUrls: urls(access?.caIssuers),
      crlUrls: fullNames.flatMap((name) => name.uniformResourceIdentifier ?? []),
      extensions: parsed.extensions.map(({ oid: id, critical }) => ({ oid: id, name: nameOf(id), critical })),
    };
  } catch (error) {
    if (error instanceof CertificateError) throw error;
    const message = error instanceof EncodingError ? error.message : 'an extension can’t be read';
    throw new CertificateError('CERTIFICATE_MALFORMED', message, { cause: error });
  }
};
