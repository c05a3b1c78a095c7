import { Injectable } from '@nestjs/common';
import { demandReachOf } from '@cartulary/access';
import {
  type CertificateCommand,
  certificateDecider,
  CertificateNotFoundError,
  type CertificateState,
  certificateStream,
  fold,
  type Serial,
  timestamp,
} from '@cartulary/domain';
import { decideOn, Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { Settings } from '@cartulary/service';
import type { RequestContext } from './context.js';

export type Issued = Exclude<CertificateState, { status: 'unissued' }>;

export interface Changed {
  readonly state: Issued;
  /** Of the newest event of the certificate. */
  readonly position: number;
}

type Change = Exclude<CertificateCommand, { type: 'IssueCertificate' | 'RenewCertificate' }>;

/** Changes one certificate's status: loads, decides, appends. */
@Injectable()
export class CertificateCommands {
  constructor(
    private readonly ledger: Ledger,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  async change(
    serial: Serial,
    change: Change extends infer C ? (C extends Change ? Omit<C, 'serial' | 'now'> : never) : never,
    { caller, since, ...trace }: RequestContext,
    comment?: string,
  ): Promise<Changed> {
    const stream = certificateStream(serial);
    const clock = timestamp(this.clock.now());
    const now = since && since > clock ? since : clock;
    const decided = await decideOn(
      this.ledger,
      { ...trace, streams: [stream], actor: caller.actor, recordedAt: now },
      (histories) => {
        const state = fold(certificateDecider, histories.get(stream)?.events ?? []);
        if (state.status === 'unissued') throw new CertificateNotFoundError(serial);
        demandReachOf(caller, state.identity, this.settings.trustDomain);
        const events = certificateDecider.decide({ ...change, serial, now } as Change, state);
        const erasable = comment === undefined ? {} : { erasable: { comment } };
        const after = fold({ initial: state, evolve: certificateDecider.evolve }, events);
        const position = histories.get(stream)?.events.at(-1)?.position ?? 0;
        return { events: events.map((event) => ({ stream, ...event, ...erasable })), result: { after, position } };
      },
    );
    const { after, position } = decided.outcome === 'repeated' ? await this.#now(stream) : decided.result;
    if (after.status === 'unissued') throw new CertificateNotFoundError(serial);
    return { state: after, position: decided.events.at(-1)?.position ?? position };
  }

  async #now(stream: string): Promise<{ after: CertificateState; position: number }> {
    const { events } = await this.ledger.readStream(stream);
    return { after: fold(certificateDecider, events), position: events.at(-1)?.position ?? 0 };
  }
}
