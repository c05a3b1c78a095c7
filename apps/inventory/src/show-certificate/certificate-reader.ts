import { Injectable } from '@nestjs/common';
import type { Caller } from '@cartulary/access';
import { certificateDecider, CertificateNotFoundError, certificateStream, fold, type Serial } from '@cartulary/domain';
import { Ledger, type RecordedEvent } from '@cartulary/ledger';
import { type IssuedState, type Moment, Settings, until } from '@cartulary/service';
import { mayRead } from '../scope.js';

/** One certificate straight from its stream. */
@Injectable()
export class CertificateReader {
  constructor(
    private readonly ledger: Ledger,
    private readonly settings: Settings,
  ) {}

  /** What the caller's grant does not reach does not exist for it: serials stand in public CRLs, identities do not. */
  async read(
    serial: Serial,
    caller: Caller,
    moment?: Moment,
  ): Promise<{ state: IssuedState; events: readonly RecordedEvent[] }> {
    const history = await this.ledger.readStream(certificateStream(serial));
    const events = until(history.events, moment);
    const state = fold(certificateDecider, events);
    if (state.status === 'unissued' || !mayRead(caller, state.identity, this.settings.trustDomain)) {
      throw new CertificateNotFoundError(serial);
    }
    return { state, events };
  }
}
