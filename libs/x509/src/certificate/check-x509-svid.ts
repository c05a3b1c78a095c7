import { CertificateError, SpiffeIdError } from '../errors.js';
import { basicConstraintsOf, keyUsageOf, parseCertificate, subjectAltNamesOf } from './parsed-certificate.js';
import { parseSpiffeId } from './spiffe-id.js';
import { verifyChain, type ChainInput } from './verify-chain.js';

const refuse = (message: string, options?: ErrorOptions): CertificateError =>
  new CertificateError('CERTIFICATE_SVID_INVALID', message, options);

/** The rules for a leaf (X.509-SVID, sections 2, 4, 5.2); returns its SPIFFE ID. Throws CERTIFICATE_SVID_INVALID. */
export const checkX509Svid = (leaf: Buffer): string => {
  const certificate = parseCertificate(leaf);
  const { uris } = subjectAltNamesOf(certificate);
  const [id, ...others] = uris;
  if (id === undefined || others.length > 0) throw refuse('an X.509-SVID has exactly one URI name');
  try {
    if (parseSpiffeId(id).path === '') throw refuse("a leaf's SPIFFE ID has a path");
  } catch (error) {
    if (error instanceof SpiffeIdError) throw refuse(error.message, { cause: error });
    throw error;
  }
  if (basicConstraintsOf(certificate).ca) throw refuse('a leaf is not a CA');
  const usage = keyUsageOf(certificate);
  if (!usage?.includes('digitalSignature')) throw refuse('a leaf may make digital signatures');
  if (usage.includes('keyCertSign') || usage.includes('cRLSign'))
    throw refuse('a leaf may not sign certificates or CRLs');
  return id;
};

/**
 * Leaf and path: returns the SPIFFE ID, which must be of the trust domain that the anchors are for. Throws
 * CERTIFICATE_SVID_INVALID, CERTIFICATE_CHAIN_INVALID.
 */
export const verifyX509Svid = (input: ChainInput & { readonly trustDomain: string }): string => {
  const id = checkX509Svid(input.leaf);
  if (parseSpiffeId(id).trustDomain !== input.trustDomain) throw refuse('the SPIFFE ID is of another trust domain');
  verifyChain(input);
  return id;
};
