import type { V1CertificateSigningRequest, V1ServiceAccount } from '@kubernetes/client-node';
import { ProblemError } from '@cartulary/client';
import type { FullCertificate } from '@cartulary/contracts';
import type { Clock, Logger } from '@cartulary/runtime';
import { CsrError, EncodingError, type VerifiedCsr, verifyCsr } from '@cartulary/x509';
import type { Certificates } from '../certificates/certificates.js';
import type { AccountIdentities } from '../deliver-secret/account-identities.js';
import type { KubernetesApi } from '../kubernetes/api.js';
import { isStatus } from '../kubernetes/errors.js';
import { Selected } from '../kubernetes/selected.js';
import { WorkQueue } from '../queue/work-queue.js';
import {
  decideRequest,
  type Refusal,
  refuseNames,
  type RequestFacts,
  requestFacts,
  type SignerKind,
  signerName,
  SERVICES_ANNOTATION,
} from './decide-request.js';

export interface RequestSignerParts {
  readonly kind: SignerKind;
  readonly clusterDomain: string;
  readonly api: KubernetesApi;
  readonly certificates: Certificates;
  readonly identities: AccountIdentities;
  /** Accounts of other namespaces get nothing here; absent: all. */
  readonly namespaces?: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly demandLead: () => void;
}

const GROUP = '/apis/certificates.k8s.io/v1';
const PARALLEL = 8;

/** Signs approved CertificateSigningRequests of one of our signer names, under the same policy as every other request. */
export class RequestSigner {
  readonly #requests: Selected<V1CertificateSigningRequest, RequestFacts>;
  readonly #queue: WorkQueue;

  constructor(private readonly parts: RequestSignerParts) {
    const { api, logger, kind } = parts;
    this.#requests = new Selected<V1CertificateSigningRequest, RequestFacts>({
      ...{ api, logger, group: GROUP, resource: 'certificatesigningrequests' },
      query: { fieldSelector: `spec.signerName=${signerName(kind)}` },
      project: requestFacts,
      onChange: (key) => this.#touch(key),
    });
    this.#queue = new WorkQueue({
      parallel: PARALLEL,
      work: (key) => this.#work(key),
      onError: (request, err, retryMs) => logger.warn({ err, request, retryMs }, 'not signed; trying again'),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#requests.run(signal);
    } finally {
      await this.#queue.stop();
    }
  }

  #touch(key: string): void {
    const facts = this.#requests.get(key);
    if (facts?.approved && !facts.over) this.#queue.add(key, 1);
  }

  async #work(key: string): Promise<void> {
    const facts = this.#requests.get(key);
    if (!facts) return;
    const { kind, clusterDomain, identities, namespaces, demandLead } = this.parts;
    const csr = await readCsr(facts.request);
    const decision = decideRequest(kind, facts, csr, (account) => identities.of(account));
    if (decision.type === 'none') return;
    demandLead();
    if (decision.type === 'fail') return this.#fail(facts, decision.refusal);
    const { namespace, account: name } = decision;
    const isOurs = !namespaces || namespaces.includes(namespace);
    if (!isOurs) return this.#fail(facts, refusal('NamespaceNotSelected', `${namespace} gets no certificates here`));
    const account = await this.#account(namespace, name, facts.userUid);
    if (!account) return this.#fail(facts, refusal('AccountGone', `${facts.username} is not the account that asked`));
    if (kind === 'server' && csr) {
      const services = account.metadata?.annotations?.[SERVICES_ANNOTATION];
      const refused = refuseNames(csr, { namespace, name, ...(services ? { services } : {}) }, clusterDomain);
      if (refused) return this.#fail(facts, refused);
    }
    await this.#sign(facts, identities.of({ namespace, name }));
  }

  async #sign(facts: RequestFacts, identity: string): Promise<void> {
    const { logger, demandLead } = this.parts;
    let certificate: FullCertificate;
    try {
      certificate = await this.#issue(facts, identity);
    } catch (error) {
      if (!(error instanceof ProblemError) || !isFinal(error)) throw error;
      return this.#fail(facts, { reason: camel(error.code), message: error.message });
    }
    demandLead();
    const chain = `${certificate.certificate}${certificate.chain}`;
    await this.#setStatus(facts, { certificate: Buffer.from(chain).toString('base64') });
    logger.info({ request: facts.name, account: facts.username, serial: certificate.serial }, 'signed');
  }

  /** By the request's own UID: however often it is tried, it is one certificate. */
  async #issue({ uid, request, ttl }: RequestFacts, identity: string): Promise<FullCertificate> {
    const { certificates, kind } = this.parts;
    const common = { csr: pemOf(request), idempotencyKey: `csr-${uid}`, correlationId: `kubernetes-csr-${uid}` };
    const asked = { ...common, ...(kind === 'server' ? { profile: kind } : {}) };
    try {
      return await certificates.issue(identity, { ...asked, ...(ttl === undefined ? {} : { ttl }) });
    } catch (error) {
      // How long a certificate lives is the signer's to say; the request has a wish.
      if (!(error instanceof ProblemError) || !error.is('TTL_TOO_LONG')) throw error;
      return certificates.issue(identity, { ...asked, idempotencyKey: `csr-${uid}-usual` });
    }
  }

  /** Undefined where it is gone, or is another of the same name. */
  async #account(namespace: string, name: string, uid: string | undefined): Promise<V1ServiceAccount | undefined> {
    try {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`;
      const account = await this.parts.api.get<V1ServiceAccount>(path);
      return uid === undefined || account.metadata?.uid === uid ? account : undefined;
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  }

  async #fail(facts: RequestFacts, { reason, message }: Refusal): Promise<void> {
    const now = this.parts.clock.now().toISOString();
    const path = `${GROUP}/certificatesigningrequests/${facts.name}`;
    const current = await this.parts.api.get<V1CertificateSigningRequest>(path);
    const failed = { type: 'Failed', status: 'True', reason, message, lastUpdateTime: now, lastTransitionTime: now };
    await this.#setStatus(facts, { conditions: [...(current.status?.conditions ?? []), failed] });
    this.parts.logger.warn({ request: facts.name, account: facts.username, reason }, 'not signed');
  }

  async #setStatus({ name }: RequestFacts, status: object): Promise<void> {
    const path = `${GROUP}/certificatesigningrequests/${name}/status`;
    this.#requests.take(await this.parts.api.mergePatch<V1CertificateSigningRequest>(path, { status }));
  }
}

const refusal = (reason: string, message: string): Refusal => ({ reason, message });

const pemOf = (request: string): string => Buffer.from(request, 'base64').toString('utf8');

/** Undefined where it is none. What keys are allowed is for issuance to say. */
const readCsr = async (request: string): Promise<VerifiedCsr | undefined> => {
  try {
    return await verifyCsr(pemOf(request));
  } catch (error) {
    if (error instanceof CsrError || error instanceof EncodingError) return undefined;
    throw error;
  }
};

/** Refused for what it is: asking again would not help. A 409 that says when to come back is a race, not a decision. */
const isFinal = ({ status, retryAfter }: ProblemError): boolean =>
  status >= 400 && status < 500 && status !== 429 && retryAfter === undefined;

/** `KEY_BLOCKED` → `KeyBlocked`. */
const camel = (code: string): string =>
  code
    .toLowerCase()
    .split('_')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
