import { checkSpiffeId } from '../profile/check-names.js';
import { checkLimits } from '../profile/profile.js';
import { type CertificateRequest, type SystemRequest, type WorkloadRequest } from '../profile/request.js';
import { type PublicKeyAlgorithm } from '../signer/key-algorithm.js';
import { keyIdentifierOf } from '../signer/public-key.js';
import { algorithmOf, templateOf } from './certificate-template.js';
import { certificateFacts } from './facts.js';
import { compileTbs, type Variables } from './spliced-tbs.js';

/** What carries one SPIFFE ID and a subject that follows from the trust domain. */
export type SvidRequest = WorkloadRequest | SystemRequest;

export const isSvidRequest = (request: CertificateRequest): request is SvidRequest =>
  request.profile === 'workload' || request.profile === 'operator' || request.profile === 'service';

type Splice = (variables: Variables) => Buffer;

// An issuer has a handful. RSA keys come in any size, and each size is a template: a stranger must not fill the memory.
const maxTemplates = 64;

// By the identity of the issuer certificate's bytes, as what else is known of it.
const compiled = new WeakMap<Buffer, Map<string, Splice>>();

const spliceFor = (
  request: SvidRequest,
  algorithm: PublicKeyAlgorithm,
  issuer: Buffer,
  issuerKey: PublicKeyAlgorithm,
): Splice => {
  const { profile, trustDomain, publications } = request;
  const { ocspUrl, caIssuersUrl, crlUrl, freshestCrlUrl } = publications;
  const constant = [profile, algorithm, issuerKey, trustDomain, ocspUrl, caIssuersUrl, crlUrl, freshestCrlUrl];
  const id = JSON.stringify(constant);
  const templates = compiled.get(issuer) ?? new Map<string, Splice>();
  const known = templates.get(id);
  if (known) return known;
  const splice = compileTbs(templateOf(request, issuerKey, certificateFacts(issuer)));
  if (templates.size >= maxTemplates) templates.clear();
  compiled.set(issuer, templates.set(id, splice));
  return splice;
};

/**
 * The TBSCertificate of an X.509-SVID, spliced: the checks of its profile are made of each request, the encoding that is
 * the same for all is not. Throws CERTIFICATE_TEMPLATE_INVALID, SPIFFE_ID_INVALID, DER_MALFORMED.
 */
export const svidTbs = (request: SvidRequest, issuer: Buffer, issuerKey: PublicKeyAlgorithm): Buffer => {
  const { serial, notBefore, notAfter, spki, spiffeId, trustDomain, profile } = request;
  const algorithm = algorithmOf(spki);
  checkLimits(request, algorithm);
  const uri = checkSpiffeId(spiffeId, trustDomain, profile === 'workload' ? 'workload' : 'system');
  const splice = spliceFor(request, algorithm, issuer, issuerKey);
  return splice({ serial, notBefore, notAfter, spki, uri, subjectKeyId: keyIdentifierOf(spki) });
};
