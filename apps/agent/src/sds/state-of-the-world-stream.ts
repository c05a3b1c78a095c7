import { LatestWriter } from '../wire/latest-writer.js';
import { type DiscoveryRequest, type DiscoveryResponse, secretTypeUrl } from './messages.js';
import { jointVersion, type SdsStream } from './sds-stream.js';
import type { Secret } from './secret.js';

interface Writable {
  write(message: DiscoveryResponse): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

export const stateOfTheWorld = (secrets: readonly Secret[], nonce: string): DiscoveryResponse => ({
  versionInfo: jointVersion(secrets),
  resources: secrets.map(({ resource }) => resource),
  typeUrl: secretTypeUrl,
  nonce,
});

/** xDS, state of the world: each answer has all that was asked for, each request says what is wanted from now on. */
export class StateOfTheWorldStream {
  readonly #writer: LatestWriter<DiscoveryResponse>;

  constructor(
    private readonly stream: SdsStream,
    call: Writable,
  ) {
    this.#writer = new LatestWriter(call, () => this.#next());
  }

  asked({ node, typeUrl, resourceNames, responseNonce, errorDetail }: DiscoveryRequest): void {
    const { stream } = this;
    stream.identify(node, typeUrl);
    if (responseNonce !== '') {
      if (!stream.isCurrent(responseNonce)) return;
      stream.answered(errorDetail);
    }
    const before = stream.names;
    stream.unsubscribe(before.filter((name) => !resourceNames.includes(name)));
    stream.subscribe(resourceNames);
    // What is asked for anew is answered, also where it was sent once before.
    if (responseNonce === '') stream.forget(resourceNames);
    this.tell();
  }

  tell(): void {
    this.#writer.tell();
  }

  #next(): DiscoveryResponse | undefined {
    const current = this.stream.current();
    if (this.stream.changedOf(current).length === 0) return undefined;
    return stateOfTheWorld(current, this.stream.send(current));
  }
}
