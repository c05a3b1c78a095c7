import type { V1Secret } from '@kubernetes/client-node';
import type { KubernetesApi } from '../kubernetes/api.js';
import { isStatus } from '../kubernetes/errors.js';
import type { Account } from './decide.js';
import type { SecretFacts } from './secret-facts.js';
import { ACCOUNT, DELIVERED, managedBy, type SecretForm, secretName, SERIAL } from './secret-form.js';

/** PEM; without a key, the one that is there stays. */
export interface SecretContents {
  readonly serial: string;
  readonly chain: string;
  readonly key?: string;
  readonly root: string;
}

type Existing = Pick<SecretFacts, 'uid' | 'resourceVersion' | 'type'>;

/** Writes Secrets, each on the version that was looked at: whoever was faster makes it fail with 409. */
export class SecretWriter {
  constructor(
    private readonly api: Pick<KubernetesApi, 'request' | 'mergePatch' | 'get'>,
    private readonly form: SecretForm,
  ) {}

  /** Undefined where there is none. */
  async read(account: Account): Promise<V1Secret | undefined> {
    try {
      return await this.api.get<V1Secret>(this.#path(account));
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  }

  async write(
    account: Account,
    existing: Existing | undefined,
    contents: SecretContents,
    delivered: Date | undefined,
  ): Promise<V1Secret> {
    if (existing && existing.type === this.form.type) return this.#patch(account, existing, contents, delivered);
    if (existing) await this.#remove(account, existing);
    const { namespace, name: accountName } = account;
    const name = secretName(this.form, accountName);
    const metadata = { ...this.#metadata(account, contents, delivered), name, namespace };
    const body = { apiVersion: 'v1', kind: 'Secret', metadata, type: this.form.type, data: this.#data(contents) };
    return this.api.request<V1Secret>('POST', `/api/v1/namespaces/${namespace}/secrets`, { body });
  }

  #patch(account: Account, existing: Existing, contents: SecretContents, delivered?: Date): Promise<V1Secret> {
    const { resourceVersion, uid } = existing;
    const metadata = { ...this.#metadata(account, contents, delivered), resourceVersion, uid };
    return this.api.mergePatch<V1Secret>(this.#path(account), { metadata, data: this.#data(contents) });
  }

  async #remove(account: Account, { uid, resourceVersion }: Existing): Promise<void> {
    const body = { preconditions: { uid, resourceVersion } };
    await this.api.request('DELETE', this.#path(account), { body }).catch((error: unknown) => {
      if (!isStatus(error, 404)) throw error;
    });
  }

  #metadata({ name, uid }: Account, { serial }: SecretContents, delivered?: Date): object {
    return {
      labels: managedBy,
      annotations: {
        [ACCOUNT]: name,
        [SERIAL]: serial,
        ...(delivered ? { [DELIVERED]: delivered.toISOString() } : {}),
      },
      // The garbage collector takes the Secret when its account has gone.
      ownerReferences: [{ apiVersion: 'v1', kind: 'ServiceAccount', name, uid }],
    };
  }

  #data({ chain, key, root }: SecretContents): Readonly<Record<string, string>> {
    const { keys } = this.form;
    return {
      [keys.chain]: base64(chain),
      ...(key === undefined ? {} : { [keys.key]: base64(key) }),
      [keys.root]: base64(root),
    };
  }

  #path({ namespace, name }: Account): string {
    return `/api/v1/namespaces/${namespace}/secrets/${secretName(this.form, name)}`;
  }
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
