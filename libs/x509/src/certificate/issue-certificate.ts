import { wholeSeconds } from '../asn1/der-time.js';
import { CertificateError, EncodingError, SpiffeIdError } from '../errors.js';
import { checkLimits, contentsOf } from '../profile/profile.js';
import { type CertificateRequest, type Publications, type RootRequest } from '../profile/request.js';
import { signatureAlgorithmFor, type PublicKeyAlgorithm } from '../signer/key-algorithm.js';
import { keyIdentifierOf, parsePublicKey } from '../signer/public-key.js';
import { type Signer } from '../signer/signer.js';
import {
  authorityInfoAccess,
  authorityKeyIdentifier,
  crlDistributionPoint,
  freshestCrl,
  subjectKeyIdentifier,
} from './encode-extension.js';
import { type Extension } from './extension.js';
import { certificateFacts, type CertificateFacts } from './facts.js';
import { assembleCertificate, buildTbsCertificate, type CertificateTemplate } from './tbs-certificate.js';

export interface IssuerReference {
  /** DER. */
  readonly certificate: Buffer;
  readonly keyId: string;
}

const refuse = (message: string, options?: ErrorOptions): CertificateError =>
  new CertificateError('CERTIFICATE_TEMPLATE_INVALID', message, options);

const guarded = <T>(action: () => T): T => {
  try {
    return action();
  } catch (error) {
    if (error instanceof EncodingError || error instanceof SpiffeIdError) throw refuse(error.message, { cause: error });
    throw error;
  }
};

const algorithmOf = (spki: Buffer): PublicKeyAlgorithm => {
  const key = parsePublicKey(spki);
  if (key.type === 'other') throw refuse('the subject key is of a kind that is not certified');
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

const templateOf = (
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

const signTemplate = async (
  template: CertificateTemplate,
  keyId: string,
  signer: Signer,
  issuer?: Buffer,
): Promise<Buffer> => {
  const toBeSigned = guarded(() => buildTbsCertificate(template));
  const named = issuer ? { certificate: issuer } : {};
  const signature = await signer.sign({ keyId, usage: 'certificate', toBeSigned, ...named });
  return assembleCertificate(toBeSigned, template.signatureAlgorithm, signature);
};

/**
 * Signs what the profile makes of the request. Names, life time and key must be the profile's, the validity within the
 * issuer's, the key the issuer certificate's: throws CERTIFICATE_TEMPLATE_INVALID. Resolves to DER.
 */
export const issueCertificate = async (
  request: Exclude<CertificateRequest, RootRequest>,
  { certificate, keyId }: IssuerReference,
  signer: Signer,
): Promise<Buffer> => {
  const issuer = certificateFacts(certificate);
  const key = await signer.key(keyId);
  if (key.keyHash !== issuer.keyHash) throw refuse('the signing key is not the one in the issuer certificate');
  if (wholeSeconds(request.notBefore) < issuer.notBefore || wholeSeconds(request.notAfter) > issuer.notAfter) {
    throw refuse("the validity is not within the issuer's");
  }
  return signTemplate(
    guarded(() => templateOf(request, key.algorithm, issuer)),
    keyId,
    signer,
    certificate,
  );
};

/** A self-signed root for a key that the signer holds. Resolves to DER. */
export const issueRoot = async (request: Omit<RootRequest, 'spki'>, keyId: string, signer: Signer): Promise<Buffer> => {
  const key = await signer.key(keyId);
  const template = guarded(() => templateOf({ ...request, spki: key.spki }, key.algorithm, undefined));
  return signTemplate(template, keyId, signer);
};
