import { setTimeout as sleep } from 'node:timers/promises';
import type { PublicClient } from '@cartulary/client';
import { type ParsedCrl, verifyCrl } from '@cartulary/x509';
import { CliError } from '../exit-codes.js';
import { askOcsp, type OcspAnswer } from '../ocsp/relying-party.js';

const DEADLINE = 10_000;
const INTERVAL = 4;

/** Asks for one certificate's state as Envoy, nginx or Java would: verified OCSP answers, verified CRLs. */
export class RelyingParty {
  constructor(
    private readonly client: PublicClient,
    private readonly issuerId: string,
    private readonly issuerCertificate: Buffer,
    private readonly now: () => Date,
    private readonly signal: AbortSignal,
  ) {}

  ocsp(serial: string): Promise<OcspAnswer> {
    return askOcsp(serial, this.issuerCertificate, (request) => this.client.ocsp(request), this.now());
  }

  async crl(): Promise<ParsedCrl> {
    return verifyCrl(await this.client.crl(this.issuerId), this.issuerCertificate);
  }

  /** Milliseconds from `since` until the responder says so. */
  async untilOcsp(serial: string, type: OcspAnswer['status']['type'], since: number): Promise<Seen<OcspAnswer>> {
    return this.until(
      `OCSP says ${type}`,
      since,
      () => this.ocsp(serial),
      ({ status }) => status.type === type,
    );
  }

  /** Milliseconds from `since` until the CRL that is served lists the serial, or no longer does. */
  async untilCrl(serial: string, listed: boolean, since: number): Promise<Seen<ParsedCrl>> {
    const what = listed ? 'the CRL lists it' : 'the CRL no longer lists it';
    return this.until(
      what,
      since,
      () => this.crl(),
      (crl) => lists(crl, serial) === listed,
    );
  }

  private async until<Answer>(
    what: string,
    since: number,
    ask: () => Promise<Answer>,
    holds: (answer: Answer) => boolean,
  ): Promise<Seen<Answer>> {
    for (;;) {
      const answer = await ask().catch(notYet);
      const milliseconds = performance.now() - since;
      if (answer && holds(answer)) return { answer, milliseconds };
      if (milliseconds > DEADLINE)
        throw new CliError('refused', `after ${DEADLINE / 1_000} s it still is not so that ${what}`);
      await sleep(INTERVAL, undefined, { signal: this.signal });
    }
  }
}

/** A responder that has not heard of a certificate yet says tryLater (RFC 6960, section 2.3). */
const notYet = (error: unknown): undefined => {
  if (!(error instanceof CliError && error.outcome === 'unavailable')) throw error;
};

export interface Seen<Answer> {
  readonly answer: Answer;
  readonly milliseconds: number;
}

export const lists = ({ entries }: ParsedCrl, serial: string): boolean =>
  entries.some((entry) => entry.serial === serial);
