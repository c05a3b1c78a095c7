import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { gateOf, type GateState, gateStream, openGate } from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import { every, type Repetition } from '@cartulary/runtime';
import { type Consumer, Transport } from '@cartulary/transport';
import { IncidentProjection } from '../enumerate-incident/projection.js';
import { projectedTypes } from '../enumerate-incident/rows.js';
import { IncidentContainment } from './incident-containment.js';

const LOOK_MS = 1_000;

/** Feeds the projection, and sees incidents through where this process is the one that feeds it. */
@Injectable()
export class IncidentWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(IncidentWatch.name);
  #consumer?: Consumer;
  #looking?: Repetition;
  #applied = 0;
  #gate: { version: number; state: GateState } = { version: 0, state: openGate };

  constructor(
    private readonly ledger: Ledger,
    private readonly transport: Transport,
    private readonly projection: IncidentProjection,
    private readonly containment: IncidentContainment,
  ) {}

  onApplicationBootstrap(): void {
    const onError = (error: unknown): void => this.#logger.warn(`an incident goes on in a moment: ${String(error)}`);
    this.#looking = every(LOOK_MS, (signal) => this.#look(signal), { onError });
    this.#consumer = this.transport.consume({
      group: 'revocation-incidents',
      types: projectedTypes,
      handle: async (events) => {
        await this.projection.apply(events);
        this.#applied = Math.max(this.#applied, events.at(-1)?.position ?? 0);
        if (events.some(({ type }) => type === 'GateClosed')) this.#looking?.wake();
      },
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#looking?.stop();
    await this.#consumer?.stop();
  }

  /** One of many: the others stand by, and the ledger settles what two should do at once. */
  async #look(signal: AbortSignal): Promise<void> {
    if (!this.#consumer?.active()) return;
    const gate = await this.#currentGate();
    const known = Math.max(this.#applied, this.#consumer.position());
    for (const closure of gate.closures) {
      if (closure.status === 'closed' && closure.position <= known) await this.containment.contain(closure, signal);
    }
  }

  async #currentGate(): Promise<GateState> {
    const stream = gateStream();
    const version = (await this.ledger.heads([stream])).get(stream) ?? 0;
    if (version !== this.#gate.version) {
      const history = await this.ledger.readStream(stream);
      this.#gate = { version: history.version, state: gateOf(history.events) };
    }
    return this.#gate.state;
  }
}
