import type { V1CertificateSigningRequest } from '@kubernetes/client-node';
import { serviceOfDnsName } from '@cartulary/domain';
import type { VerifiedCsr } from '@cartulary/x509';

/** What there is to know of a CertificateSigningRequest of our signer. */
export interface RequestFacts {
  readonly name: string;
  readonly uid: string;
  /** Base64 of the PEM. */
  readonly request: string;
  readonly username: string;
  /** Of the service account, as it was authenticated. */
  readonly userUid?: string;
  readonly usages: readonly string[];
  /** Seconds. */
  readonly ttl?: number;
  readonly approved: boolean;
  /** Signed, denied or failed: there is nothing left to do. */
  readonly over: boolean;
}

export interface Refusal {
  /** CamelCase, as conditions have it. */
  readonly reason: string;
  readonly message: string;
}

export type RequestDecision =
  | { readonly type: 'none' }
  | { readonly type: 'fail'; readonly refusal: Refusal }
  | { readonly type: 'sign'; readonly namespace: string; readonly account: string };

/** What is signed: identities of accounts, or names of Services. */
export type SignerKind = 'workload' | 'server';

export const signerName = (kind: SignerKind): string => `cartulary.dev/${kind}`;

/** Of RFC 5280's purposes those that our profiles have. */
const usages: Readonly<Record<SignerKind, ReadonlySet<string>>> = {
  workload: new Set(['digital signature', 'key encipherment', 'client auth', 'server auth']),
  server: new Set(['digital signature', 'key encipherment', 'server auth']),
};

/** On a service account: the Services that it runs, with spaces between them; its own name where it is absent. */
export const SERVICES_ANNOTATION = 'cartulary.dev/services';

export type Names = Pick<VerifiedCsr, 'uris' | 'dnsNames' | 'ipAddresses'>;

export const requestFacts = ({ metadata, spec, status }: V1CertificateSigningRequest): RequestFacts => {
  const conditions = status?.conditions ?? [];
  const has = (type: string): boolean => conditions.some((each) => each.type === type && each.status === 'True');
  return {
    ...{ name: metadata?.name ?? '', uid: metadata?.uid ?? '' },
    ...{ request: spec.request, username: spec.username ?? '', usages: spec.usages ?? [] },
    ...(spec.uid ? { userUid: spec.uid } : {}),
    ...(spec.expirationSeconds === undefined ? {} : { ttl: spec.expirationSeconds }),
    approved: has('Approved'),
    over: Boolean(status?.certificate) || has('Denied') || has('Failed'),
  };
};

/**
 * Approval says that somebody wants it signed, not that the requester is who the certificate will name: that is for
 * `spec.username` alone, which the API server has authenticated. A service account gets its own identity and no other.
 */
export const decideRequest = (
  kind: SignerKind,
  { approved, over, username, usages: asked }: RequestFacts,
  csr: Names | undefined,
  identityOf: (account: { readonly namespace: string; readonly name: string }) => string,
): RequestDecision => {
  if (!approved || over) return { type: 'none' };
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
  if (!namespace || !account) return fail('NotAServiceAccount', `${username} is no service account`);
  const other = asked.find((usage) => !usages[kind].has(usage));
  if (other !== undefined) return fail('UsageNotAllowed', `certificates of this signer are not for ${other}`);
  if (!csr) return fail('UnreadableRequest', 'spec.request is no valid PKCS #10 request');
  if (kind === 'server') return { type: 'sign', namespace, account };
  const identity = identityOf({ namespace, name: account });
  const names = [...csr.uris, ...csr.dnsNames, ...csr.ipAddresses];
  const wrong = names.find((name) => name !== identity);
  if (wrong !== undefined) return fail('WrongIdentity', `${username} may ask for ${identity}, not for ${wrong}`);
  return { type: 'sign', namespace, account };
};

/** Of a server's request, once its account is known: every name must be one of a Service that the account runs. */
export const refuseNames = (
  { uris, dnsNames, ipAddresses }: Names,
  account: { readonly namespace: string; readonly name: string; readonly services?: string },
  clusterDomain: string,
): Refusal | undefined => {
  if (dnsNames.length === 0) return { reason: 'NoName', message: 'the request names no Service' };
  const services = (account.services ?? account.name).split(/[\s,]+/);
  const isOurs = (name: string): boolean => {
    const service = serviceOfDnsName(name, account.namespace, clusterDomain);
    return service !== undefined && services.includes(service);
  };
  const wrong = uris[0] ?? ipAddresses[0] ?? dnsNames.find((name) => !isOurs(name));
  if (wrong === undefined) return undefined;
  return { reason: 'WrongName', message: `${wrong} is no name of a Service that ${account.name} runs` };
};

const fail = (reason: string, message: string): RequestDecision => ({ type: 'fail', refusal: { reason, message } });
