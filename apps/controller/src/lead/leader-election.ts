import type { V1Lease } from '@kubernetes/client-node';
import type { Clock, Logger } from '@cartulary/runtime';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesApi } from '../kubernetes/api.js';
import { isStatus } from '../kubernetes/errors.js';

export interface LeaderElectionOptions {
  readonly api: Pick<KubernetesApi, 'get' | 'request'>;
  readonly namespace: string;
  readonly lease: string;
  /** Who we are among the replicas: unlike any other, also of the same pod's earlier process. */
  readonly holder: string;
  /** Milliseconds that a lease lasts after its last renewal. */
  readonly duration: number;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** Somebody else leads, or may: nothing may be changed. */
export class NotLeadingError extends Error {
  readonly code = 'NOT_LEADING';
}

/** RFC 3339 with microseconds, as `metav1.MicroTime` wants it. */
const microTime = (time: Date): string => time.toISOString().replace(/Z$/, '000Z');

/**
 * One of several replicas leads: who holds the Lease. Others judge a lease by how long its record has not changed on
 * their own clock, so that clocks need not agree; and the leader counts its own lease from before the request that
 * renewed it, so that it stops before anybody else can start.
 */
export class LeaderElection {
  /** `performance.now()` until which we lead. */
  #until = -Infinity;
  #seen: { readonly version: string; readonly at: number } | undefined;

  constructor(private readonly options: LeaderElectionOptions) {}

  get leading(): boolean {
    return performance.now() < this.#until;
  }

  /** Throws NotLeadingError. */
  demand(): void {
    if (!this.leading) throw new NotLeadingError('the lease has run out');
  }

  /** Leads again and again until the signal; `lead` gets a signal of its own, and has to end soon after that. */
  async run(signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { logger, holder } = this.options;
    while (!signal.aborted) {
      if (!(await this.#try(signal))) {
        await pause(this.#retry, signal);
        continue;
      }
      logger.info({ holder }, 'leading');
      const lost = new AbortController();
      const leading = lead(AbortSignal.any([signal, lost.signal])).catch((error: unknown) => {
        lost.abort();
        throw error;
      });
      const renewing = this.#renew(AbortSignal.any([signal, lost.signal])).finally(() => lost.abort());
      try {
        await leading;
      } finally {
        lost.abort();
        await renewing;
        await this.#release();
      }
      logger.info({ holder }, 'not leading any more');
    }
  }

  get #retry(): number {
    return this.options.duration / 5;
  }

  /** Until the signal, or until the lease could not be renewed in time. */
  async #renew(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(this.#retry, signal);
      if (signal.aborted) return;
      if (!(await this.#try(signal)) && !this.leading) return;
    }
  }

  /** Resolves to whether we hold the lease. */
  async #try(signal: AbortSignal): Promise<boolean> {
    const asked = performance.now();
    try {
      const current = await this.#read(signal);
      if (current && !this.#mayTake(current)) {
        this.#until = -Infinity;
        return false;
      }
      await this.#write(current, signal);
      this.#until = asked + this.options.duration;
      return true;
    } catch (error) {
      // 409: another one was faster.
      if (!signal.aborted && !isStatus(error, 409)) {
        this.options.logger.warn({ reason: (error as Error).message }, 'the lease could not be renewed');
      }
      return false;
    }
  }

  #mayTake({ metadata, spec }: V1Lease): boolean {
    const { holder, duration } = this.options;
    if (!spec?.holderIdentity || spec.holderIdentity === holder) return true;
    const version = metadata?.resourceVersion ?? '';
    if (this.#seen?.version !== version) this.#seen = { version, at: performance.now() };
    const theirs = spec.leaseDurationSeconds === undefined ? duration : spec.leaseDurationSeconds * 1_000;
    return performance.now() - this.#seen.at > theirs;
  }

  async #read(signal: AbortSignal): Promise<V1Lease | undefined> {
    try {
      return await this.options.api.get<V1Lease>(`${this.#path}/${this.options.lease}`, this.#call(signal));
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  }

  async #write(current: V1Lease | undefined, signal: AbortSignal): Promise<void> {
    const { api, lease, namespace, holder, duration, clock } = this.options;
    const now = microTime(clock.now());
    const ours = current?.spec?.holderIdentity === holder;
    const { acquireTime, leaseTransitions = 0 } = current?.spec ?? {};
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: current?.metadata ?? { name: lease, namespace },
      spec: {
        holderIdentity: holder,
        leaseDurationSeconds: Math.ceil(duration / 1_000),
        acquireTime: ours ? acquireTime : now,
        renewTime: now,
        leaseTransitions: ours || !current ? leaseTransitions : leaseTransitions + 1,
      },
    };
    if (current) await api.request('PUT', `${this.#path}/${lease}`, { ...this.#call(signal), body });
    else await api.request('POST', this.#path, { ...this.#call(signal), body });
  }

  /** On the way out, so that the next one need not wait. */
  async #release(): Promise<void> {
    if (!this.leading) return;
    this.#until = -Infinity;
    const { api, lease, holder } = this.options;
    try {
      const current = await api.get<V1Lease>(`${this.#path}/${lease}`, { timeout: 2_000 });
      if (current.spec?.holderIdentity !== holder) return;
      const body = { ...current, spec: { ...current.spec, holderIdentity: '' } };
      await api.request('PUT', `${this.#path}/${lease}`, { body, timeout: 2_000 });
    } catch (error) {
      this.options.logger.warn({ reason: (error as Error).message }, 'the lease runs out by itself');
    }
  }

  #call(signal: AbortSignal): { readonly signal: AbortSignal; readonly timeout: number } {
    return { signal, timeout: Math.max(1_000, this.options.duration / 3) };
  }

  get #path(): string {
    return `/apis/coordination.k8s.io/v1/namespaces/${this.options.namespace}/leases`;
  }
}

const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
};
