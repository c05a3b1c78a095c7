import { Inject, Injectable } from '@nestjs/common';
import { type Caller, demandReach } from '@cartulary/access';
import type { DeadLetter, FullDeadLetter } from '@cartulary/contracts';
import { Ledger, LedgerError } from '@cartulary/ledger';
import { LOGGER, type Logger } from '@cartulary/runtime';
import { type PoisonEvent, Transport } from '@cartulary/transport';
import { eventView } from '../event-view.js';
import { DeadLetterElsewhereError, DeadLetterNotFoundError, DeadLetterStillFailsError } from './errors.js';

/**
 * What consumers have set aside. Both transports keep the dead letters of every service in one place, so each service can
 * list them all; a replay is the consumer's work, and belongs to the service that has it.
 */
@Injectable()
export class DeadLetters {
  constructor(
    private readonly transport: Transport,
    private readonly ledger: Ledger,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async list(caller: Caller, group?: string): Promise<DeadLetter[]> {
    demandEverything(caller);
    return (await this.transport.poisonEvents(group)).map((poison) => this.#view(poison));
  }

  async show(caller: Caller, id: string): Promise<FullDeadLetter> {
    demandEverything(caller);
    const poison = await this.#find(id);
    const { position } = poison;
    const [event] = position > 0 ? await this.ledger.readAll({ after: position - 1, limit: 1 }) : [];
    return { ...this.#view(poison), ...(event ? { event: eventView(event) } : {}) };
  }

  /** @throws DeadLetterNotFoundError, DeadLetterElsewhereError, DeadLetterStillFailsError, LedgerError */
  async replay(caller: Caller, id: string): Promise<DeadLetter> {
    demandEverything(caller);
    const poison = await this.#find(id);
    const { group, position, reason } = poison;
    const handle = this.transport.handlerOf(group);
    if (!handle) throw new DeadLetterElsewhereError(group, serviceOf(group));
    if (position === 0) throw new DeadLetterStillFailsError(`it is no event: ${reason}`);
    try {
      if (!(await this.transport.replayPoison(group, position, handle))) throw new DeadLetterNotFoundError(id);
    } catch (cause) {
      if (cause instanceof DeadLetterNotFoundError || cause instanceof LedgerError) throw cause;
      const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      throw new DeadLetterStillFailsError(why, { cause });
    }
    this.logger.info({ deadLetter: id, actor: caller.actor.id }, 'a dead letter was replayed');
    return this.#view(poison);
  }

  async #find(id: string): Promise<PoisonEvent> {
    const group = id.slice(0, id.indexOf('/'));
    const found = (await this.transport.poisonEvents(group)).find((poison) => poison.id === id);
    if (!found) throw new DeadLetterNotFoundError(id);
    return found;
  }

  #view({ position, setAsideAt, ...poison }: PoisonEvent): DeadLetter {
    const { group } = poison;
    return {
      ...poison,
      ...(position > 0 ? { position } : {}),
      service: serviceOf(group),
      replayable: position > 0 && this.transport.handlerOf(group) !== undefined,
      setAsideAt: setAsideAt.toISOString(),
    };
  }
}

/** A reason or an event may be about any namespace. */
const demandEverything = (caller: Caller): void => demandReach(caller, undefined);

/** Groups are named after their service. */
const serviceOf = (group: string): string => group.replace(/-.*$/, '');
