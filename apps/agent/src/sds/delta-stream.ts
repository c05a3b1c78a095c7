import { LatestWriter } from '../wire/latest-writer.js';
import { type DeltaDiscoveryRequest, type DeltaDiscoveryResponse, secretTypeUrl } from './messages.js';
import { jointVersion, type SdsStream } from './sds-stream.js';

interface Writable {
  write(message: DeltaDiscoveryResponse): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

/**
 * xDS, incremental: each answer has what is new to this stream. There is nothing to remove by name: a secret that was
 * taken away from a process ends its stream, so that it hears why.
 */
export class DeltaStream {
  readonly #writer: LatestWriter<DeltaDiscoveryResponse>;

  constructor(
    private readonly stream: SdsStream,
    call: Writable,
  ) {
    this.#writer = new LatestWriter(call, () => this.#next());
  }

  asked(request: DeltaDiscoveryRequest): void {
    const { stream } = this;
    stream.identify(request.node, request.typeUrl);
    if (request.responseNonce !== '' && stream.isCurrent(request.responseNonce)) stream.answered(request.errorDetail);
    stream.unsubscribe(request.resourceNamesUnsubscribe);
    stream.subscribe(request.resourceNamesSubscribe);
    stream.forget(request.resourceNamesSubscribe);
    stream.assume(request.initialResourceVersions);
    this.tell();
  }

  tell(): void {
    this.#writer.tell();
  }

  #next(): DeltaDiscoveryResponse | undefined {
    const current = this.stream.current();
    const changed = this.stream.changedOf(current);
    if (changed.length === 0) return undefined;
    return {
      systemVersionInfo: jointVersion(current),
      resources: changed.map(({ name, version, resource }) => ({ name, version, resource })),
      typeUrl: secretTypeUrl,
      nonce: this.stream.send(changed),
      removedResources: [],
    };
  }
}
