import { Agent, request } from 'undici';

export interface KubernetesAnswer {
  readonly status: number;
  // What the API server says has as many shapes as it has kinds.
  readonly body: KubernetesJson;
  /** What the API server would rather have otherwise, such as a pod that is not `restricted`. */
  readonly warning: string | undefined;
}

export interface KubernetesJson {
  readonly kind?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly type?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string }[];
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly items?: readonly KubernetesJson[];
}

/** One user at the API server, by a token; may speak as others where that is allowed. */
export class KubernetesUser {
  readonly #agent: Agent;

  constructor(
    private readonly url: string,
    ca: Buffer,
    private readonly token: string,
    private readonly impersonated?: { readonly user: string; readonly group?: string },
    agent?: Agent,
  ) {
    this.#agent = agent ?? new Agent({ connect: { ca }, connections: 16 });
  }

  /** `system:serviceaccount:photo-ns:photo-frontend`, or a person. */
  impersonate(user: string, group?: string): KubernetesUser {
    const impersonated = { user, ...(group === undefined ? {} : { group }) };
    return new KubernetesUser(this.url, Buffer.alloc(0), this.token, impersonated, this.#agent);
  }

  async isReady(): Promise<boolean> {
    return (await this.#send('GET', '/readyz')).status === 200;
  }

  get(path: string): Promise<KubernetesAnswer> {
    return this.#send('GET', path);
  }
  post(path: string, body: object): Promise<KubernetesAnswer> {
    return this.#send('POST', path, body);
  }
  put(path: string, body: object): Promise<KubernetesAnswer> {
    return this.#send('PUT', path, body);
  }
  delete(path: string): Promise<KubernetesAnswer> {
    return this.#send('DELETE', path);
  }
  merge(path: string, body: object): Promise<KubernetesAnswer> {
    return this.#send('PATCH', path, body, 'application/merge-patch+json');
  }

  /** Throws where it is refused. */
  async make(path: string, body: object): Promise<KubernetesJson> {
    const answer = await this.post(path, body);
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.body.message}`);
    return answer.body;
  }

  async #send(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
    type = 'application/json',
  ): Promise<KubernetesAnswer> {
    const answer = await request(this.url + path, {
      method,
      dispatcher: this.#agent,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(this.impersonated === undefined ? {} : { 'impersonate-user': this.impersonated.user }),
        ...(this.impersonated?.group === undefined ? {} : { 'impersonate-group': this.impersonated.group }),
        ...(body ? { 'content-type': type } : {}),
      },
      body: body ? JSON.stringify(body) : null,
    });
    const text = await answer.body.text();
    const isJson = String(answer.headers['content-type']).startsWith('application/json');
    const warning = answer.headers['warning'];
    return {
      status: answer.statusCode,
      body: isJson ? (JSON.parse(text) as KubernetesJson) : {},
      warning: warning === undefined ? undefined : String(warning),
    };
  }
}
