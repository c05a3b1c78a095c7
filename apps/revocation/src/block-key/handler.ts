import { setTimeout as sleep } from 'node:timers/promises';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Caller, demandReachOf, ForbiddenError } from '@cartulary/access';
import type { Revocation } from '@cartulary/contracts';
import {
  certificateDecider,
  certificateStream,
  type CrlReason,
  fold,
  InvalidValueError,
  keyDecider,
  type KeyHash,
  keyStream,
  type Timestamp,
  timestamp,
} from '@cartulary/domain';
import { decideOn, Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { Settings } from '@cartulary/service';
import type { RequestContext } from '../context.js';
import { KeyCertificates } from './key-certificates.js';

const PATIENCE_MS = 10_000;
const POLL_MS = 10;

/** Blocks a key for ever and revokes every certificate that it has. */
export class BlockKeyCommand extends Command<Revocation> {
  constructor(
    readonly keyHash: KeyHash,
    readonly reason: CrlReason,
    readonly details: { readonly invalidityDate?: Timestamp; readonly comment?: string },
    readonly context: RequestContext,
  ) {
    super();
  }
}

@CommandHandler(BlockKeyCommand)
export class BlockKeyHandler implements ICommandHandler<BlockKeyCommand> {
  constructor(
    private readonly ledger: Ledger,
    private readonly keys: KeyCertificates,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  async execute({ keyHash, reason, details, context }: BlockKeyCommand): Promise<Revocation> {
    const { caller, ...trace } = context;
    if (caller.grant.namespaces) throw new ForbiddenError('a key may have certificates in any namespace');
    if (reason === 'certificateHold')
      throw new InvalidValueError('reason', 'a key is blocked for ever: it cannot be held');
    if (caller.grant.role !== 'admin') await this.#demandReach(caller, keyHash);
    const { invalidityDate, comment } = details;
    const stream = keyStream(keyHash);
    const now = timestamp(this.clock.now());
    const command = { type: 'BlockKey', keyHash, reason, now, ...(invalidityDate ? { invalidityDate } : {}) } as const;
    await decideOn(this.ledger, { ...trace, streams: [stream], actor: caller.actor, recordedAt: now }, (histories) => {
      const decided = keyDecider.decide(command, fold(keyDecider, histories.get(stream)?.events ?? []));
      const erasable = comment === undefined ? {} : { erasable: { comment } };
      return { events: decided.map((event) => ({ stream, ...event, ...erasable })), result: undefined };
    });
    const { events } = await this.ledger.readStream(stream);
    const state = fold(keyDecider, events);
    const position = events.at(-1)?.position ?? 0;
    // From here on nothing is issued for the key; what it has is revoked by the consumer of KeyBlocked, also after a
    // crash. The caller is told once that has happened.
    await this.#carriedOut(keyHash, position);
    const certificates = await this.keys.serials(keyHash);
    const since = state.invalidityDate ? { invalidityDate: state.invalidityDate } : {};
    return {
      keyHash,
      reason: state.reason ?? reason,
      revokedAt: state.blockedAt ?? now,
      ...since,
      certificates,
      position,
    };
  }

  /** Nobody revokes by key what is out of reach by serial. Rests on what the projection has seen. */
  async #demandReach(caller: Caller, keyHash: KeyHash): Promise<void> {
    const streams = (await this.keys.serials(keyHash)).map(certificateStream);
    if (streams.length === 0) return;
    for (const { events } of (await this.ledger.readStreams(streams)).values()) {
      const state = fold(certificateDecider, events);
      if (state.status !== 'unissued') demandReachOf(caller, state.identity, this.settings.trustDomain);
    }
  }

  async #carriedOut(keyHash: KeyHash, position: number): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await this.keys.isDone(keyHash, position))) {
      if (performance.now() > deadline) throw new BlockPendingError(keyHash);
      await sleep(POLL_MS);
    }
  }
}

/** The block is recorded and will be carried out; asking again (it changes nothing) tells whether it has been. */
export class BlockPendingError extends Error {
  readonly code = 'LEDGER_UNAVAILABLE';
  constructor(keyHash: KeyHash) {
    super(`the key ${keyHash} is blocked; the revocation of its certificates is recorded and not finished yet`);
  }
}
