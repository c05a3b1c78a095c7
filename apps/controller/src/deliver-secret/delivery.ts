import type { V1Namespace, V1Secret, V1ServiceAccount } from '@kubernetes/client-node';
import { type Clock, type Logger, type Metrics } from '@cartulary/runtime';
import { CertificateRegistry } from '../certificates/certificate-registry.js';
import type { Certificates } from '../certificates/certificates.js';
import type { KubernetesApi } from '../kubernetes/api.js';
import { Selected } from '../kubernetes/selected.js';
import type { ControllerOptions } from '../options.js';
import { type Priority, WorkQueue } from '../queue/work-queue.js';
import type { TrustAnchors } from '../trust/trust-anchors.js';
import { AccountIdentities } from './account-identities.js';
import type { Account } from './decide.js';
import { GoneAccounts } from './gone-accounts.js';
import { inspectSecret, type SecretFacts } from './secret-facts.js';
import { managedSelector, secretName } from './secret-form.js';
import { SecretReconciler } from './secret-reconciler.js';
import { SecretWriter } from './secret-writer.js';

export interface DeliveryParts {
  readonly api: KubernetesApi;
  readonly certificates: Certificates;
  readonly anchors: TrustAnchors;
  /** As whom certificates are asked for. */
  readonly requester: string;
  readonly options: ControllerOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly demandLead: () => void;
}

/** Service accounts and their Secrets, for as long as one replica leads. */
export class Delivery {
  readonly registry: CertificateRegistry;
  readonly #identities: AccountIdentities;
  readonly #accounts: Selected<V1ServiceAccount, Account>;
  readonly #secrets: Selected<V1Secret, SecretFacts>;
  /** Those that the namespace selector means; undefined without one. */
  readonly #namespaces: Selected<V1Namespace, true> | undefined;
  readonly #reconciler: SecretReconciler;
  readonly #gone: GoneAccounts;
  readonly #queue: WorkQueue;
  #started = false;

  constructor(private readonly parts: DeliveryParts) {
    const { api, options, requester, logger, clock, demandLead, certificates, anchors, metrics } = parts;
    const { namespaces, form, accountSelector, namespaceSelector } = options;
    this.#identities = new AccountIdentities(options.trustDomain);
    this.registry = new CertificateRegistry(requester, {
      changed: (identity) => this.#touch(this.#identities.accountOf(identity)),
    });
    const common = { api, logger, group: '/api/v1', ...(namespaces ? { namespaces } : {}) };
    this.#accounts = new Selected<V1ServiceAccount, Account>({
      ...common,
      resource: 'serviceaccounts',
      query: { labelSelector: accountSelector },
      project: ({ metadata }) => ({
        namespace: metadata?.namespace ?? '',
        name: metadata?.name ?? '',
        uid: metadata?.uid ?? '',
      }),
      onChange: (key) => this.#touch(key),
    });
    this.#secrets = new Selected<V1Secret, SecretFacts>({
      ...common,
      resource: 'secrets',
      query: { labelSelector: managedSelector, fieldSelector: `type=${form.type}` },
      project: (secret) => inspectSecret(secret, form),
      onChange: (key) => this.#touch(this.#accountOf(key)),
    });
    this.#namespaces =
      namespaceSelector === undefined || namespaces
        ? undefined
        : new Selected<V1Namespace, true>({
            ...{ api, logger, group: '/api/v1', resource: 'namespaces' },
            query: { labelSelector: namespaceSelector },
            project: () => true,
            onChange: (key) => this.#touchNamespace(key.slice(1)),
          });
    const accounts = { get: (key: string) => this.#selected(key) };
    const actions = metrics.counter('controller_actions_total', {
      help: 'Steps taken for the Secrets of service accounts',
      labels: ['action'],
    });
    this.#reconciler = new SecretReconciler({
      ...{ accounts, certificates, anchors, form, clock, logger, demandLead },
      ...{ registry: this.registry, secrets: this.#secrets, identities: this.#identities },
      writer: new SecretWriter(api, form),
      grace: options.grace,
      onAction: (action) => actions.inc({ action }),
    });
    this.#gone = new GoneAccounts({ api, certificates, clock, logger, demandLead, registry: this.registry });
    this.#queue = new WorkQueue({
      parallel: options.parallel,
      work: (key) => this.#work(key),
      onError: (account, err, retryMs) => logger.warn({ err, account, retryMs }, 'not delivered; trying again'),
    });
  }

  /** Service accounts that are looked after. */
  get size(): number {
    let size = 0;
    for (const key of this.#accounts.keys()) size += this.#selected(key) ? 1 : 0;
    return size;
  }

  get depth(): number {
    return this.#queue.depth;
  }

  get listed(): boolean {
    return this.#accounts.listed && this.#secrets.listed && (this.#namespaces?.listed ?? true);
  }

  get failure(): Error | undefined {
    return this.#accounts.failure ?? this.#secrets.failure ?? this.#namespaces?.failure;
  }

  /** Watches until the signal. */
  async watch(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#accounts.run(signal), this.#secrets.run(signal), this.#namespaces?.run(signal)]);
  }

  /** Once all is listed and the registry is filled: before, what is there would be taken for missing. */
  start(): void {
    this.#started = true;
    this.touchAll();
  }

  /** Has every account looked at, and every identity that still has a certificate. */
  touchAll(): void {
    for (const key of this.#accounts.keys()) this.#touch(key);
    for (const identity of this.registry.identities()) this.#touch(this.#identities.accountOf(identity));
  }

  stop(): Promise<void> {
    return this.#queue.stop();
  }

  #touch(key: string | undefined): void {
    if (key !== undefined && this.#started) this.#queue.add(key, this.#priority(key));
  }

  #touchNamespace(namespace: string): void {
    for (const key of this.#accounts.keys()) if (key.startsWith(`${namespace}/`)) this.#touch(key);
  }

  /** Whoever has nothing that works goes before whoever has. */
  #priority(key: string): Priority {
    const account = this.#accounts.get(key);
    if (!account) return 1;
    const { serial } = this.#secrets.get(`${account.namespace}/${this.#nameOf(account)}`)?.certificate ?? {};
    return serial !== undefined && this.registry.find(serial)?.status === 'active' ? 1 : 0;
  }

  async #work(key: string): Promise<void> {
    const next = await this.#reconciler.reconcile(key);
    if (next) this.#queue.addAfter(key, 1, Math.max(0, next.getTime() - this.parts.clock.now().getTime()));
    if (this.#accounts.get(key) || !this.parts.options.revokeDeleted) return;
    const [namespace = '', name = ''] = key.split('/');
    await this.#gone.revoke(key, this.#identities.of({ namespace, name }));
  }

  #selected(key: string): Account | undefined {
    const account = this.#accounts.get(key);
    return account && (this.#namespaces?.get(`/${account.namespace}`) ?? !this.#namespaces) ? account : undefined;
  }

  #nameOf({ name }: Account): string {
    return secretName(this.parts.options.form, name);
  }

  /** `shop/istio.cart` → `shop/cart`; undefined for another name. */
  #accountOf(secretKey: string): string | undefined {
    const slash = secretKey.indexOf('/');
    const [before = '', after = ''] = this.parts.options.form.name.split('{account}');
    const name = secretKey.slice(slash + 1);
    if (!name.startsWith(before) || !name.endsWith(after)) return undefined;
    return `${secretKey.slice(0, slash)}/${name.slice(before.length, name.length - after.length)}`;
  }
}
