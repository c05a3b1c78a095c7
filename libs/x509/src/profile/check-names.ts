import { CertificateError } from '../errors.js';
import { isDnsName } from '../certificate/dns-name.js';
import { isTrustDomain, parseSpiffeId } from '../certificate/spiffe-id.js';

const refuse = (message: string): CertificateError => new CertificateError('CERTIFICATE_TEMPLATE_INVALID', message);

export const checkTrustDomain = (trustDomain: string): string => {
  if (!isTrustDomain(trustDomain)) throw refuse('the trust domain is not a lower-case DNS name');
  return trustDomain;
};

/** The exact check of a SPIFFE ID against its trust domain; system identities have issuers of their own. */
export const checkSpiffeId = (id: string, trustDomain: string, kind: 'workload' | 'system'): string => {
  const parsed = parseSpiffeId(id);
  if (parsed.trustDomain !== trustDomain) throw refuse('the identity is of another trust domain');
  if (parsed.path === '') throw refuse('the identity has no path');
  const reserved = parsed.path === '/cartulary' || parsed.path.startsWith('/cartulary/');
  if (reserved !== (kind === 'system')) throw refuse(`the identity is not one of a ${kind} certificate`);
  return id;
};

export const checkDnsName = (name: string): string => {
  if (!isDnsName(name)) throw refuse('a DNS name is not a plain host name in lower case');
  return name;
};
