import { wholeSeconds } from '../asn1/der-time.js';
import { CertificateError, EncodingError, SpiffeIdError } from '../errors.js';
import { type CertificateRequest, type RootRequest } from '../profile/request.js';
import { signatureAlgorithmFor, type PublicKeyAlgorithm } from '../signer/key-algorithm.js';
import { type Signer, type SignerKey } from '../signer/signer.js';
import { templateOf } from './certificate-template.js';
import { certificateFacts } from './facts.js';
import { isSvidRequest, svidTbs } from './svid-tbs.js';
import { assembleCertificate, buildTbsCertificate } from './tbs-certificate.js';

type IssuedRequest = Exclude<CertificateRequest, RootRequest>;

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

const sign = async (
  toBeSigned: Buffer,
  { keyId, algorithm }: SignerKey,
  signer: Signer,
  issuer?: Buffer,
): Promise<Buffer> => {
  const named = issuer ? { certificate: issuer } : {};
  const signature = await signer.sign({ keyId, usage: 'certificate', toBeSigned, ...named });
  return assembleCertificate(toBeSigned, signatureAlgorithmFor(algorithm), signature);
};

/**
 * The TBSCertificate of a request: X.509-SVIDs from a template that is compiled once, all others piece by piece. Both
 * give the same bytes.
 */
const tbsOf = (request: IssuedRequest, issuer: Buffer, issuerKey: PublicKeyAlgorithm): Buffer =>
  isSvidRequest(request)
    ? svidTbs(request, issuer, issuerKey)
    : buildTbsCertificate(templateOf(request, issuerKey, certificateFacts(issuer)));

/**
 * Signs what the profile makes of the request. Names, life time and key must be the profile's, the validity within the
 * issuer's, the key the issuer certificate's: throws CERTIFICATE_TEMPLATE_INVALID. Resolves to DER.
 */
export const issueCertificate = async (
  request: IssuedRequest,
  { certificate, keyId }: IssuerReference,
  signer: Signer,
): Promise<Buffer> => {
  const issuer = certificateFacts(certificate);
  const key = await signer.key(keyId);
  if (key.keyHash !== issuer.keyHash) throw refuse('the signing key is not the one in the issuer certificate');
  if (wholeSeconds(request.notBefore) < issuer.notBefore || wholeSeconds(request.notAfter) > issuer.notAfter) {
    throw refuse("the validity is not within the issuer's");
  }
  const toBeSigned = guarded(() => tbsOf(request, certificate, key.algorithm));
  return sign(toBeSigned, key, signer, certificate);
};

/** A self-signed root for a key that the signer holds. Resolves to DER. */
export const issueRoot = async (request: Omit<RootRequest, 'spki'>, keyId: string, signer: Signer): Promise<Buffer> => {
  const key = await signer.key(keyId);
  const toBeSigned = guarded(() =>
    buildTbsCertificate(templateOf({ ...request, spki: key.spki }, key.algorithm, undefined)),
  );
  return sign(toBeSigned, key, signer);
};
