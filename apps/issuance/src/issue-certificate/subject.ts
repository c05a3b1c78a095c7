import type { Caller } from '@cartulary/access';
import {
  type Identity,
  type RequestedProfile,
  parseIdentity,
  serviceOfDnsName,
  type SystemKind,
} from '@cartulary/domain';
import type { VerifiedCsr } from '@cartulary/x509';
import { PolicyError } from './errors.js';

/** What a certificate will be for: settled from the CSR, the identity asked for and the profile. */
export interface Subject {
  readonly identity?: Identity;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

const systemKinds: Partial<Record<RequestedProfile, readonly SystemKind[]>> = {
  operator: ['operator'],
  service: ['service', 'agent'],
};

const CA_USAGES = ['keyCertSign', 'cRLSign'];

/** Throws PolicyError, or InvalidValueError for what is no SPIFFE ID of the trust domain. */
export const settleSubject = (
  csr: Pick<VerifiedCsr, 'uris' | 'dnsNames' | 'ipAddresses' | 'requestedKeyUsage'>,
  asked: { readonly identity?: string; readonly profile: RequestedProfile },
  trustDomain: string,
): Subject => {
  if (csr.requestedKeyUsage?.some((usage) => CA_USAGES.includes(usage))) {
    throw new PolicyError('PROFILE_NOT_ALLOWED', 'the request wants to sign certificates or CRLs');
  }
  if (asked.profile === 'ocsp-signing') return { dnsNames: [], ipAddresses: [] };
  if (asked.profile === 'server') return serverSubject(csr, asked.identity, trustDomain);

  if (csr.uris.length > 1) throw new PolicyError('CSR_WRONG_IDENTITY', 'the request has more than one URI SAN');
  const text = asked.identity ?? csr.uris[0];
  if (text === undefined) {
    throw new PolicyError(
      'IDENTITY_REQUIRED',
      `a ${asked.profile} certificate needs an identity, in the request or in its CSR`,
    );
  }
  const identity = parseIdentity(text, trustDomain);
  if (csr.uris[0] !== undefined && csr.uris[0] !== text) {
    throw new PolicyError('CSR_WRONG_IDENTITY', `the CSR is for ${csr.uris[0]}, not for ${text}`);
  }
  // An X.509-SVID may carry DNS names, but our workload issuers are constrained to none: DESIGN, trap 15.
  const name = csr.dnsNames[0] ?? csr.ipAddresses[0];
  if (name !== undefined) {
    throw new PolicyError(
      'NAME_NOT_ALLOWED',
      `a ${asked.profile} certificate carries no DNS name or IP address: ${name}`,
    );
  }
  const kinds = systemKinds[asked.profile];
  const fits = kinds ? identity.kind === 'system' && kinds.includes(identity.role) : identity.kind === 'workload';
  if (!fits) throw new PolicyError('IDENTITY_NOT_ALLOWED', `${identity.id} does not fit the profile ${asked.profile}`);
  return { identity, dnsNames: [], ipAddresses: [] };
};

/** DNS names and addresses belong to no namespace, so a grant for some namespaces reaches none of them. */
export const demandEveryName = ({ grant }: Pick<Caller, 'grant'>): void => {
  if (!grant.namespaces) return;
  throw new PolicyError('PROFILE_NOT_ALLOWED', 'a caller limited to namespaces gets no server certificates');
};

/**
 * What the Kubernetes controller may ask for: workload certificates, and those of servers whose names are Services' in
 * the namespace of the account that they are for.
 */
export const demandOfController = (profile: RequestedProfile, subject: Subject, clusterDomain: string): void => {
  if (profile === 'workload') return;
  if (profile !== 'server') {
    throw new PolicyError('PROFILE_NOT_ALLOWED', `the Kubernetes controller gets no ${profile} certificates`);
  }
  const { identity, dnsNames, ipAddresses } = subject;
  if (identity?.kind !== 'workload') {
    throw new PolicyError('IDENTITY_REQUIRED', 'the controller names the account that a server certificate is for');
  }
  const { namespace } = identity;
  const isOther = (name: string): boolean => serviceOfDnsName(name, namespace, clusterDomain) === undefined;
  const wrong = ipAddresses[0] ?? dnsNames.find(isOther);
  if (wrong === undefined) return;
  throw new PolicyError('NAME_NOT_ALLOWED', `${wrong} is no name of a Service in the namespace ${namespace}`);
};

const serverSubject = (
  csr: Pick<VerifiedCsr, 'uris' | 'dnsNames' | 'ipAddresses'>,
  identity: string | undefined,
  trustDomain: string,
): Subject => {
  const { dnsNames, ipAddresses } = csr;
  if (csr.uris.length > 0)
    throw new PolicyError('NAME_NOT_ALLOWED', `a server certificate carries no URI: ${csr.uris[0]}`);
  if (dnsNames.length + ipAddresses.length === 0) {
    throw new PolicyError('NAMES_REQUIRED', 'a server certificate needs a DNS name or an IP address in its CSR');
  }
  // The identity of a server certificate stands in the ledger only: it says whose it is, and can be suspended.
  return {
    ...(identity === undefined ? {} : { identity: parseIdentity(identity, trustDomain) }),
    dnsNames,
    ipAddresses,
  };
};
