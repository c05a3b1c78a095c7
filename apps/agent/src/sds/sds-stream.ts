import { createHash } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import type { Peer } from '../attestation/peer.js';
import { Refusal } from '../wire/refusal.js';
import type { Deliveries } from './deliveries.js';
import { secretTypeUrl } from './messages.js';
import type { Secret } from './secret.js';
import type { Secrets } from './secrets.js';

/** Names that one stream may ask for; Envoy opens a stream for each. */
const MOST_NAMES = 256;
const LONGEST_NAME = 2_048;

/** What is new of what a stream wants, and what of it was taken away. */
export interface Update {
  readonly changed: readonly Secret[];
  readonly removed: readonly string[];
}

export interface Sent {
  readonly nonce: string;
  readonly secrets: readonly Secret[];
}

/** What both protocols have in common: who asks, for what, and which version of it has been sent. */
export class SdsStream {
  readonly #names = new Set<string>();
  readonly #sent = new Map<string, string>();
  readonly #acknowledged = new Map<string, Secret>();
  #last: Sent | undefined;
  #nonce = 0;
  proxy = '';

  constructor(
    private readonly peer: Peer,
    private readonly secrets: Secrets,
    private readonly deliveries: Deliveries,
  ) {}

  get names(): readonly string[] {
    return [...this.#names];
  }

  identify(node: { readonly id: string } | null, typeUrl: string): void {
    if (node && node.id !== '') this.proxy = node.id;
    if (typeUrl !== '' && typeUrl !== secretTypeUrl) {
      throw new Refusal(status.INVALID_ARGUMENT, `only ${secretTypeUrl} is served here`);
    }
  }

  subscribe(names: readonly string[]): void {
    for (const name of names) this.#names.add(name);
    if (this.#names.size > MOST_NAMES || names.some((name) => name === '' || name.length > LONGEST_NAME)) {
      throw new Refusal(status.INVALID_ARGUMENT, `at most ${MOST_NAMES} names of at most ${LONGEST_NAME} characters`);
    }
  }

  unsubscribe(names: readonly string[]): void {
    for (const name of names) {
      this.#names.delete(name);
      this.#sent.delete(name);
    }
  }

  /** The other end has it already. */
  assume(versions: Readonly<Record<string, string>>): void {
    for (const [name, version] of Object.entries(versions)) if (this.#names.has(name)) this.#sent.set(name, version);
  }

  /** To be sent again, whatever has been. */
  forget(names: readonly string[]): void {
    for (const name of names) this.#sent.delete(name);
  }

  /** What there is of all names. Throws Refusal. */
  current(): readonly Secret[] {
    return this.names.flatMap((name) => this.secrets.find(name, this.peer) ?? []);
  }

  /** Of `current`, what this stream has not got. */
  changedOf(current: readonly Secret[]): readonly Secret[] {
    return current.filter(({ name, version }) => this.#sent.get(name) !== version);
  }

  /** Notes it as sent and gives its nonce. */
  send(secrets: readonly Secret[]): string {
    for (const { name, version } of secrets) this.#sent.set(name, version);
    const nonce = String(++this.#nonce);
    this.#last = { nonce, secrets };
    return nonce;
  }

  /** False: an answer to something that is not the last that was sent, to be ignored. */
  isCurrent(nonce: string): boolean {
    return this.#last?.nonce === nonce;
  }

  answered(error: { readonly message: string } | null): void {
    for (const secret of this.#last?.secrets ?? []) {
      const before = this.#acknowledged.get(secret.name);
      const state = error ? 'rejected' : 'delivered';
      this.deliveries.record(this.proxy, secret.name, state, secret.trust, error ? undefined : before?.trust);
      if (!error) this.#acknowledged.set(secret.name, secret);
    }
    this.#last = this.#last && { ...this.#last, secrets: [] };
  }
}

/** One version for several secrets. */
export const jointVersion = (secrets: readonly Secret[]): string => {
  if (secrets.length === 1) return secrets[0]!.version;
  const hash = createHash('sha256');
  for (const { name, version } of secrets) hash.update(`${name}\n${version}\n`);
  return hash.digest('hex').slice(0, 16);
};
