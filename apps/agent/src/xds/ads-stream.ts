import { status } from '@grpc/grpc-js';
import type { DeltaDiscoveryRequest, DeltaDiscoveryResponse } from '../sds/messages.js';
import { LatestWriter } from '../wire/latest-writer.js';
import { Refusal } from '../wire/refusal.js';
import type { Resource } from './resources.js';
import { typeUrls } from './messages.js';

interface Writable {
  write(message: DeltaDiscoveryResponse): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

/** What one stream has been told of one type. */
interface Subscription {
  readonly sent: Map<string, string>;
  /** Undefined: all there are. */
  readonly names?: Set<string>;
}

export interface AdsEvents {
  /** What this proxy has from an agent before this one. */
  adopt(versions: Readonly<Record<string, string>>): void;
  rejected(typeUrl: string, message: string): void;
}

/** Clusters first: a listener may lead to a new one. */
const order = [typeUrls.cluster, typeUrls.extension, typeUrls.listener] as const;
const MOST_NAMES = 1_024;

/** xDS, aggregated and incremental, for one proxy. */
export class AdsStream {
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #writer: LatestWriter<DeltaDiscoveryResponse>;
  #nonce = 0;
  #told: readonly Resource[] | undefined;

  constructor(
    private readonly current: () => readonly Resource[],
    private readonly events: AdsEvents,
    call: Writable,
  ) {
    this.#writer = new LatestWriter(call, () => this.#next());
  }

  asked(request: DeltaDiscoveryRequest): void {
    const { typeUrl, errorDetail, resourceNamesSubscribe: more, resourceNamesUnsubscribe: less } = request;
    if (!(order as readonly string[]).includes(typeUrl)) {
      throw new Refusal(status.INVALID_ARGUMENT, `${typeUrl.slice(0, 200)} is not served here`);
    }
    if (errorDetail) this.events.rejected(typeUrl, errorDetail.message);
    const known = this.#subscriptions.get(typeUrl);
    const subscription = known ?? this.#subscribe(request);
    if (!known) this.events.adopt(request.initialResourceVersions);
    for (const name of less) {
      subscription.names?.delete(name);
      subscription.sent.delete(name);
    }
    for (const name of more) {
      subscription.names?.add(name);
      // What is asked for anew is sent again.
      if (known) subscription.sent.delete(name);
    }
    if ((subscription.names?.size ?? 0) > MOST_NAMES) {
      throw new Refusal(status.INVALID_ARGUMENT, `at most ${MOST_NAMES} names`);
    }
    this.tell();
  }

  /** A message for each type that has news; what does not fit is written when the proxy has read. */
  tell(): void {
    // To encode all of it is most of the work: once, and not for each type.
    this.#told = this.current();
    try {
      for (const typeUrl of order) if (this.#subscriptions.has(typeUrl)) this.#writer.tell();
    } finally {
      this.#told = undefined;
    }
  }

  #subscribe({ typeUrl, resourceNamesSubscribe, initialResourceVersions }: DeltaDiscoveryRequest): Subscription {
    const all = resourceNamesSubscribe.every((name) => name === '*');
    const sent = new Map(Object.entries(initialResourceVersions));
    const subscription = { sent, ...(!all && { names: new Set(resourceNamesSubscribe) }) };
    this.#subscriptions.set(typeUrl, subscription);
    return subscription;
  }

  #next(): DeltaDiscoveryResponse | undefined {
    const all = this.#told ?? this.current();
    for (const typeUrl of order) {
      const subscription = this.#subscriptions.get(typeUrl);
      if (!subscription) continue;
      const { sent, names } = subscription;
      const wanted = all.filter((each) => each.typeUrl === typeUrl && (!names || names.has(each.name)));
      const changed = wanted.filter(({ name, version }) => sent.get(name) !== version);
      const removedResources = [...sent.keys()].filter((name) => !wanted.some((each) => each.name === name));
      if (changed.length === 0 && removedResources.length === 0) continue;
      for (const { name, version } of changed) sent.set(name, version);
      for (const name of removedResources) sent.delete(name);
      const resources = changed.map(({ name, version, resource }) => ({ name, version, resource }));
      const nonce = String(++this.#nonce);
      return { systemVersionInfo: nonce, resources, typeUrl, nonce, removedResources };
    }
    return undefined;
  }
}
