import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import {
  type Base64,
  fold,
  type IssuerCommand,
  issuerDecider,
  type IssuerId,
  issuerStream,
  timestamp,
} from '@cartulary/domain';
import { decideOn, Ledger } from '@cartulary/ledger';
import { Clock, CONFIG, type Config, every, type Repetition } from '@cartulary/runtime';
import { IssuerDirectory, Settings } from '@cartulary/service';
import { certificateFacts, CeremonyCrls, type DueCrl } from '@cartulary/x509';

const actor = { id: 'system:rotation', credential: 'system' };
/** An envelope holds 65 535 bytes, and base64 is a third longer. */
const MOST_BYTES = 45_000;

/**
 * The CRLs of a root whose key is in a safe, signed ahead: each on its date, and as soon as one of its issuers is cut off
 * the sealed one that says so, from then on by date as well. Any number of replicas may do this.
 */
@Injectable()
export class RootCrls implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(RootCrls.name);
  #crls: CeremonyCrls | undefined;
  #repetition: Repetition | undefined;
  #unlisten: () => void = () => undefined;
  #complained = '';

  constructor(
    private readonly ledger: Ledger,
    private readonly issuers: IssuerDirectory,
    private readonly settings: Settings,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Config, 'ceremonyDirectory' | 'ceremonySealPassphrase'>,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { ceremonyDirectory, ceremonySealPassphrase } = this.config;
    if (ceremonyDirectory === undefined) return;
    // Opened now and not on the bad day: what is missing then is found out while there is time.
    this.#crls = await CeremonyCrls.open(ceremonyDirectory, ceremonySealPassphrase?.reveal());
    if (!ceremonySealPassphrase) this.#logger.warn('no passphrase of the sealed CRLs: no issuer can be cut off');
    const onError = (error: unknown): void => this.#logger.error(`the root’s CRL: ${String(error)}; trying again`);
    this.#repetition = every(this.settings.rotationInterval, () => this.round(), { onError, immediately: true });
    this.#unlisten = this.issuers.onChange(() => this.#repetition?.wake());
  }

  async onApplicationShutdown(): Promise<void> {
    this.#unlisten();
    await this.#repetition?.stop();
  }

  /** Publishes what is due now. */
  async round(): Promise<void> {
    const issuerId = this.#crls?.rootKeyHash.slice(0, 16) as IssuerId | undefined;
    const root = issuerId && this.issuers.find(issuerId);
    if (!this.#crls || !root) return;
    const cutOff = this.issuers
      .all()
      .filter(({ parent, status }) => parent === issuerId && status === 'compromised')
      .sort((a, b) => ((a.revocation?.revokedAt ?? '') < (b.revocation?.revokedAt ?? '') ? -1 : 1))
      .map(({ certificate }) => certificateFacts(Buffer.from(certificate, 'base64')).serial);
    const crl = await this.#crls.at(this.clock.now(), cutOff);
    if (!crl) return;
    this.#complain(crl, cutOff.length);
    if (crl.number <= (root.crlNumber ?? 0)) return;
    if (crl.bytes.length > MOST_BYTES) throw new RangeError(`a CRL of ${crl.bytes.length} bytes fits no event`);
    await this.#publish(issuerId, crl);
  }

  async #publish(issuerId: IssuerId, crl: DueCrl): Promise<void> {
    const stream = issuerStream(issuerId);
    const now = timestamp(this.clock.now());
    const commands: IssuerCommand[] = [
      {
        ...{ type: 'ImportCrl', issuerId, number: crl.number, entries: crl.entries, now },
        ...{ thisUpdate: timestamp(new Date(crl.thisUpdate)), nextUpdate: timestamp(new Date(crl.nextUpdate)) },
        crl: crl.bytes.toString('base64') as Base64,
      },
    ];
    const context = { streams: [stream], actor, correlationId: randomUUID(), recordedAt: now };
    const { events } = await decideOn(this.ledger, context, (histories) => {
      const state = fold(issuerDecider, histories.get(stream)?.events ?? []);
      if (state.status === 'prepared') commands[1] = { type: 'ActivateIssuer', issuerId, firstCrlAt: now, now };
      const decided = commands.flatMap((command) => issuerDecider.decide(command, state));
      return { events: decided.map((event) => ({ stream, ...event })), result: undefined };
    });
    if (events.length > 0) this.#logger.log(`CRL ${crl.number} of root ${issuerId}: ${crl.entries} revoked`);
  }

  /** Once for each situation. */
  #complain({ missing }: DueCrl, cutOff: number): void {
    const what = missing.join(', ');
    if (what !== this.#complained && what !== '')
      this.#logger.error(
        `${cutOff} issuers are cut off, and no CRL of the ceremony says so of ${what}: hold a ceremony with the root, and take the root out of bundles until then`,
      );
    this.#complained = what;
  }
}
