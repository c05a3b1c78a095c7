import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import {
  type MutualTlsEvent,
  mutualTlsKey,
  type MutualTlsMode,
  mutualTlsOfService,
  type MutualTlsSet,
  type ServiceDefined,
  type ServiceEvent,
  type ServiceId,
  serviceText,
  type SpiffeId,
} from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';
import { type Follower, Transport } from '@cartulary/transport';

const types = ['ServiceDefined', 'ServiceRetired', 'MutualTlsSet', 'MutualTlsCleared'] as const;

export type DefinedService = ServiceDefined['data'] & { readonly position: number };
export type SetScope = MutualTlsSet['data'] & { readonly position: number };

/** What a proxy is held to, of one service. */
export interface ServiceRules {
  /** `<name>.<namespace>` */
  readonly service: string;
  readonly runs: readonly string[];
  readonly callers: readonly string[];
  readonly mode: MutualTlsMode;
  /** False: a client that is not named is reported, and let in. */
  readonly enforced: boolean;
}

type Folded = (ServiceEvent | MutualTlsEvent) & { readonly position: number };

/** Services and modes of mutual TLS as they are now; folded from the events. */
@Injectable()
export class ServiceRulesDirectory implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #services = new Map<string, DefinedService>();
  readonly #scopes = new Map<string, SetScope>();
  readonly #modes = new Map<string, MutualTlsMode>();
  /** The services that an identity runs or may call. */
  readonly #concerned = new Map<SpiffeId, Set<string>>();
  readonly #listeners = new Set<() => void>();
  #follower?: Follower;
  #position = 0;

  constructor(private readonly transport: Transport) {}

  onApplicationBootstrap(): void {
    const handle = (events: readonly RecordedEvent[]): void => {
      events.forEach((event) => this.apply(event));
      this.#listeners.forEach((listener) => listener());
    };
    this.#follower = this.transport.follow({ name: 'service-rules', after: 0, types, handle });
    // Rejects when it is stopped before: there is nobody to tell.
    this.#follower.caughtUp.catch(() => undefined);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#follower?.stop();
  }

  /** Resolves when everything that was there has been folded. */
  get caughtUp(): Promise<unknown> {
    return this.#follower?.caughtUp ?? Promise.resolve();
  }

  /** Of the newest event that is in; another one, and the rules may be others. */
  get position(): number {
    return this.#position;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** By namespace and name. */
  services(): readonly DefinedService[] {
    return [...this.#services.entries()].sort(byKey).map(([, service]) => service);
  }

  /** The mesh's first. */
  scopes(): readonly SetScope[] {
    return [...this.#scopes.entries()].sort(byKey).map(([, scope]) => scope);
  }

  modeOf(service: Pick<DefinedService, 'runs' | 'port'>): MutualTlsMode {
    return mutualTlsOfService(this.#modes, service);
  }

  /** Of the services that these identities run or may call, by the services' names. */
  concerning(identities: Iterable<SpiffeId>): readonly ServiceRules[] {
    const keys = new Set<string>();
    for (const identity of identities) this.#concerned.get(identity)?.forEach((key) => keys.add(key));
    return [...keys].sort().flatMap((key) => {
      const service = this.#services.get(key);
      if (!service) return [];
      const { runs, callers, enforced } = service;
      return [{ service: serviceText(service), runs, callers, mode: this.modeOf(service), enforced }];
    });
  }

  apply(recorded: Pick<RecordedEvent, 'type' | 'data' | 'position'>): void {
    const event = recorded as unknown as Folded;
    this.#position = event.position;
    switch (event.type) {
      case 'ServiceDefined':
        this.#forget(event.data);
        return this.#define({ ...event.data, position: event.position });
      case 'ServiceRetired':
        return this.#forget(event.data);
      case 'MutualTlsSet': {
        const key = mutualTlsKey(event.data);
        this.#scopes.set(key, { ...event.data, position: event.position });
        this.#modes.set(key, event.data.mode);
        return;
      }
      case 'MutualTlsCleared': {
        const key = mutualTlsKey(event.data);
        this.#scopes.delete(key);
        this.#modes.delete(key);
        return;
      }
    }
  }

  #define(service: DefinedService): void {
    const key = serviceKey(service);
    this.#services.set(key, service);
    for (const identity of [...service.runs, ...service.callers]) {
      this.#concerned.set(identity, (this.#concerned.get(identity) ?? new Set()).add(key));
    }
  }

  #forget(id: ServiceId): void {
    const key = serviceKey(id);
    const service = this.#services.get(key);
    this.#services.delete(key);
    for (const identity of [...(service?.runs ?? []), ...(service?.callers ?? [])]) {
      this.#concerned.get(identity)?.delete(key);
      if (this.#concerned.get(identity)?.size === 0) this.#concerned.delete(identity);
    }
  }
}

/** Sorts services; a page of a list goes on behind it. */
export const serviceKey = ({ namespace, name }: ServiceId): string => `${namespace}/${name}`;

const byKey = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number =>
  one < other ? -1 : 1;
