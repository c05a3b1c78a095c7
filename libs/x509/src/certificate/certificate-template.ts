import { CertificateError } from '../errors.js';
import { checkLimits, contentsOf } from '../profile/profile.js';
import { type CertificateRequest, type Publications } from '../profile/request.js';
import { signatureAlgorithmFor, type PublicKeyAlgorithm } from '../signer/key-algorithm.js';
import { p256SpkiOctets, p256SpkiPrefix } from '../signer/p256-spki.js';
import { keyIdentifierOf, parsePublicKey } from '../signer/public-key.js';
import {
  authorityInfoAccess,
  authorityKeyIdentifier,
  crlDistributionPoint,
  freshestCrl,
  subjectKeyIdentifier,
} from './encode-extension.js';
import { type Extension } from './extension.js';
import { type CertificateFacts } from './facts.js';
import { type CertificateTemplate } from './tbs-certificate.js';

/** Throws CERTIFICATE_TEMPLATE_INVALID for a key that is not certified. */
export const algorithmOf = (spki: Buffer): PublicKeyAlgorithm => {
  // What nearly every key is; the others are read.
  const { length } = p256SpkiPrefix;
  if (spki.length === p256SpkiOctets && spki.compare(p256SpkiPrefix, 0, length, 0, length) === 0) return 'ecdsa-p256';
  const key = parsePublicKey(spki);
  if (key.type === 'other') {
    throw new CertificateError('CERTIFICATE_TEMPLATE_INVALID', 'the subject key is of a kind that is not certified');
  }
  return key.algorithm;
};

const publicationExtensions = ({ ocspUrl, caIssuersUrl, crlUrl, freshestCrlUrl }: Publications): Extension[] => [
  ...(ocspUrl === undefined && caIssuersUrl === undefined
    ? []
    : [
        authorityInfoAccess({
          ...(ocspUrl === undefined ? {} : { ocsp: ocspUrl }),
          ...(caIssuersUrl === undefined ? {} : { caIssuers: caIssuersUrl }),
        }),
      ]),
  ...(crlUrl === undefined ? [] : [crlDistributionPoint(crlUrl)]),
  ...(freshestCrlUrl === undefined ? [] : [freshestCrl(freshestCrlUrl)]),
];

/** What the profile makes of a request; self-signed where there is no issuer. Throws CERTIFICATE_TEMPLATE_INVALID and more. */
export const templateOf = (
  request: CertificateRequest,
  issuerKey: PublicKeyAlgorithm,
  issuer: CertificateFacts | undefined,
): CertificateTemplate => {
  const algorithm = algorithmOf(request.spki);
  checkLimits(request, algorithm);
  const { subjectName, extensions } = contentsOf(request, algorithm);
  const publications = 'publications' in request ? publicationExtensions(request.publications) : [];
  return {
    serial: request.serial,
    signatureAlgorithm: signatureAlgorithmFor(issuerKey),
    issuerName: issuer?.subjectName ?? subjectName,
    notBefore: request.notBefore,
    notAfter: request.notAfter,
    subjectName,
    spki: request.spki,
    extensions: [
      ...extensions,
      subjectKeyIdentifier(keyIdentifierOf(request.spki)),
      ...(issuer ? [authorityKeyIdentifier(issuer.subjectKeyId)] : []),
      ...publications,
    ],
  };
};
