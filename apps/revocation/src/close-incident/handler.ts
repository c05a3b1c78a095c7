import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ForbiddenError } from '@cartulary/access';
import type { Incident } from '@cartulary/contracts';
import { fold, gateStream, incidentDecider, incidentStream, parseIncidentId, timestamp } from '@cartulary/domain';
import { decideOn, Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import type { RequestContext } from '../context.js';
import { commentOf, incidentView } from '../show-incidents/view.js';

/** Says that an incident is over: its gate bars nothing any more. */
export class CloseIncidentCommand extends Command<Incident> {
  constructor(
    readonly incidentId: string,
    readonly comment: string | undefined,
    readonly context: RequestContext,
  ) {
    super();
  }
}

@CommandHandler(CloseIncidentCommand)
export class CloseIncidentHandler implements ICommandHandler<CloseIncidentCommand> {
  constructor(
    private readonly ledger: Ledger,
    private readonly clock: Clock,
  ) {}

  async execute({ incidentId: text, comment, context }: CloseIncidentCommand): Promise<Incident> {
    const { caller, ...trace } = context;
    if (caller.grant.namespaces) throw new ForbiddenError('an incident may have hit certificates in any namespace');
    const incidentId = parseIncidentId(text);
    const stream = incidentStream(incidentId);
    const now = timestamp(this.clock.now());
    const erasable = comment === undefined ? {} : { erasable: { comment } };
    await decideOn(
      this.ledger,
      { ...trace, streams: [gateStream(), stream], actor: caller.actor, recordedAt: now },
      (histories) => {
        const state = fold(incidentDecider, histories.get(stream)?.events ?? []);
        const closed = incidentDecider.decide({ type: 'CloseIncident', incidentId, now }, state);
        const events = closed.map((event) => ({ stream, ...event, ...erasable }));
        const opened = { stream: gateStream(), type: 'GateOpened', data: { incidentId, openedAt: now } };
        return { events: closed.length > 0 ? [...events, opened] : [], result: undefined };
      },
    );
    const { events } = await this.ledger.readStream(stream);
    return incidentView(events, await commentOf(this.ledger, events));
  }
}
