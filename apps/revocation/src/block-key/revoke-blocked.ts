import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { systemCaller } from '@cartulary/access';
import {
  type CertificateIssued,
  fold,
  type KeyBlocked,
  keyDecider,
  type KeyState,
  keyStream,
  type Timestamp,
} from '@cartulary/domain';
import { Ledger, type RecordedEvent } from '@cartulary/ledger';
import { type Consumer, Transport } from '@cartulary/transport';
import { CertificateCommands } from '../certificate-commands.js';
import { KeyCertificates } from './key-certificates.js';

const WIDTH = 32;

type Recorded<Event extends { type: string; data: unknown }> = RecordedEvent<Event['type'], Event['data']>;
type KeyStory = Recorded<CertificateIssued> | Recorded<KeyBlocked>;

/**
 * Revokes every certificate of a blocked key. Whichever of the two events of a key comes first, it is written down before
 * the other is looked for; so no order of delivery, crash or repetition lets a certificate through.
 */
@Injectable()
export class RevokeBlocked implements OnApplicationBootstrap, OnApplicationShutdown {
  #consumer?: Consumer;

  constructor(
    private readonly transport: Transport,
    private readonly ledger: Ledger,
    private readonly keys: KeyCertificates,
    private readonly certificates: CertificateCommands,
  ) {}

  onApplicationBootstrap(): void {
    this.#consumer = this.transport.consume({
      group: 'revocation-blocked-keys',
      types: ['CertificateIssued', 'KeyBlocked'],
      handle: (events) => this.handle(events as readonly KeyStory[]),
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#consumer?.stop();
  }

  async handle(events: readonly KeyStory[]): Promise<void> {
    const issued = events.filter((event) => event.type === 'CertificateIssued').map(({ data }) => data);
    if (issued.length > 0) {
      await this.keys.add(issued);
      await this.#revokeIssuedBefore(issued);
    }
    for (const event of events) {
      if (event.type === 'KeyBlocked') await this.#revokeAll(event);
    }
  }

  async #revokeAll(event: Recorded<KeyBlocked>): Promise<void> {
    const { data, position } = event;
    const serials = await this.keys.serials(data.keyHash);
    const pending = serials.values();
    const worker = async (): Promise<void> => {
      for (const serial of pending) await this.#revoke(serial, data, event);
    };
    await Promise.all(Array.from({ length: Math.min(WIDTH, serials.length) }, worker));
    await this.keys.markDone(data.keyHash, position);
  }

  /** For those whose key was blocked by an event that came here before theirs. */
  async #revokeIssuedBefore(issued: readonly CertificateIssued['data'][]): Promise<void> {
    const heads = await this.ledger.heads(issued.map(({ keyHash }) => keyStream(keyHash)));
    for (const certificate of issued) {
      const stream = keyStream(certificate.keyHash);
      if (!heads.get(stream)) continue;
      const { events } = await this.ledger.readStream(stream);
      const state = fold(keyDecider, events);
      const block = events.at(-1);
      if (state.status === 'blocked' && block) await this.#revoke(certificate.serial, state, block);
    }
  }

  async #revoke(
    serial: CertificateIssued['data']['serial'],
    { reason, invalidityDate }: Pick<KeyState, 'reason' | 'invalidityDate'>,
    { correlationId, id, recordedAt }: Pick<RecordedEvent, 'correlationId' | 'id' | 'recordedAt'>,
  ): Promise<void> {
    const since = invalidityDate ? { invalidityDate } : {};
    const change = { type: 'RevokeCertificate', reason: reason ?? 'unspecified', ...since } as const;
    const caller = systemCaller('revocation');
    // Not before the event itself was recorded: a block that comes a second time keeps the first one's blockedAt.
    const blocked = recordedAt as Timestamp;
    await this.certificates.change(serial, change, { caller, correlationId, causationId: id, since: blocked });
  }
}
