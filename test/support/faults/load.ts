import { setTimeout as sleep } from 'node:timers/promises';
import type { CrlReason } from '@cartulary/domain';
import type { Answer } from './persistent-client.js';
import { newCsr, type PersistentClient } from './persistent-client.js';
import type { Random } from './random.js';

export const NAMESPACE = 'load';

export interface LoadOptions {
  /** The longest pause between two commands, in milliseconds; 20. */
  readonly pause?: number;
  /** Whether keys are blocked, too, which is done when a consumer has done it; true. */
  readonly blocks?: boolean;
}

interface Owned {
  readonly serial: string;
  readonly keyHash: string;
  held: boolean;
}

const reasons: readonly CrlReason[] = ['unspecified', 'keyCompromise', 'superseded', 'cessationOfOperation'];
const issuedAs = ({ serial, keyHash, position }: Answer & { keyHash: string }) => ({
  serial: serial!,
  keyHash,
  position,
});

/**
 * One client and its own certificates, which nobody else changes; so its log says how each of them must end. A command
 * whose end it does not know is the last one of that certificate.
 */
export class LoadClient {
  readonly #identity: string;
  #owned: Owned[] = [];
  #suspended = false;
  /** False: whether it is suspended is not known any more. */
  #sure = true;

  constructor(
    number: number,
    private readonly client: PersistentClient,
    private readonly random: Random,
    /** Told of every certificate that something happened to. */
    private readonly onTouched: (serial: string) => void,
    private readonly options: LoadOptions = {},
  ) {
    this.#identity = `spiffe://cluster.local/ns/${NAMESPACE}/sa/client-${number}`;
  }

  async run(stop: AbortSignal): Promise<void> {
    await this.#issue();
    while (!stop.aborted) {
      await this.#step();
      await sleep(this.random.between(0, this.options.pause ?? 20));
    }
  }

  #step(): Promise<void> {
    const dice = this.random.next();
    if (this.#suspended || (dice < 0.06 && this.#sure)) return this.#toggleSuspension();
    const owned = this.#owned.length > 0 ? this.random.pick(this.#owned) : undefined;
    if (!owned || dice < 0.4) return this.#issue();
    if (owned.held && dice < 0.75) return this.#release(owned);
    if (dice < 0.55) return this.#renew(owned);
    if (dice < 0.75) return this.#hold(owned);
    if (dice < 0.97 || this.options.blocks === false) return this.#revoke(owned);
    return this.#block(owned);
  }

  #keep({ serial, keyHash }: { serial: string; keyHash: string }): void {
    this.onTouched(serial);
    this.#owned.push({ serial, keyHash, held: false });
  }

  #forget(owned: Owned): void {
    this.#owned = this.#owned.filter((other) => other !== owned);
  }

  async #issue(): Promise<void> {
    const [csr, identity] = [await newCsr(), this.#identity];
    let issued: { serial: string; keyHash: string } | undefined;
    await this.client.perform({ action: 'issue', subject: identity }, async (client, call) => {
      issued = undefined;
      const answer = issuedAs(await client.issueCertificate({ ...call, body: { csr, identity } }));
      issued = answer;
      return answer;
    });
    if (issued) this.#keep(issued);
  }

  async #renew(owned: Owned): Promise<void> {
    if (owned.held) return;
    const csr = await newCsr();
    let issued: { serial: string; keyHash: string } | undefined;
    const params = { serial: owned.serial };
    const { outcome } = await this.client.perform({ action: 'renew', subject: owned.serial }, async (client, call) => {
      const answer = issuedAs(await client.renewCertificate({ ...call, params, body: { csr } }));
      issued = answer;
      return answer;
    });
    if (issued) this.#keep(issued);
    if (outcome !== 'acknowledged') this.#forget(owned);
  }

  async #hold(owned: Owned): Promise<void> {
    if (owned.held) return;
    const { serial } = owned;
    const body = { serial, reason: 'certificateHold' } as const;
    const { outcome } = await this.client.perform({ action: 'hold', subject: serial }, async (client, call) => {
      const { position } = await client.createRevocation({ ...call, body });
      return { position };
    });
    this.onTouched(serial);
    owned.held = true;
    if (outcome !== 'acknowledged') this.#forget(owned);
  }

  async #release(owned: Owned): Promise<void> {
    const { serial } = owned;
    const { outcome } = await this.client.perform({ action: 'release', subject: serial }, async (client, call) => {
      const { position } = await client.releaseCertificate({ ...call, params: { serial } });
      return { position };
    });
    this.onTouched(serial);
    owned.held = false;
    if (outcome !== 'acknowledged') this.#forget(owned);
  }

  async #revoke(owned: Owned): Promise<void> {
    const { serial } = owned;
    const body = { serial, reason: this.random.pick(reasons) };
    this.#forget(owned);
    await this.client.perform({ action: 'revoke', subject: serial }, async (client, call) => {
      const { position } = await client.createRevocation({ ...call, body });
      return { position };
    });
    this.onTouched(serial);
  }

  async #block(owned: Owned): Promise<void> {
    const { serial, keyHash } = owned;
    this.#forget(owned);
    await this.client.perform({ action: 'block', subject: keyHash }, async (client, call) => {
      const { position } = await client.createRevocation({ ...call, body: { keyHash, reason: 'keyCompromise' } });
      return { position };
    });
    this.onTouched(serial);
  }

  /** While it is suspended, an issuance is tried, which must be refused. */
  async #toggleSuspension(): Promise<void> {
    const params = { id: this.#identity };
    if (this.#suspended) await this.#issue();
    const action = this.#suspended ? 'reinstate' : 'suspend';
    const { outcome } = await this.client.perform({ action, subject: params.id }, async (client, call) => {
      const change = { ...call, params };
      const { position } = await (action === 'suspend'
        ? client.suspendIdentity(change)
        : client.reinstateIdentity(change));
      return { position };
    });
    if (outcome === 'acknowledged') this.#suspended = action === 'suspend';
    else [this.#sure, this.#suspended] = [false, false];
  }
}
