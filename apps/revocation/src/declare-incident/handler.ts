import { randomInt } from 'node:crypto';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ForbiddenError, Lineage } from '@cartulary/access';
import { type IncidentDeclaration, type IncidentRequest, parseDuration } from '@cartulary/contracts';
import {
  credentialHitBy,
  fold,
  gateStream,
  incidentDecider,
  IncidentHitsCallerError,
  type IncidentId,
  type IncidentSelector,
  incidentStream,
  InvalidValueError,
  type OrderedSelector,
  parseIncidentId,
  parseRotationId,
  parseTimestamp,
  type Reissue,
  rotationDecider,
  rotationStream,
  type Timestamp,
  timestamp,
} from '@cartulary/domain';
import { decideOn, Ledger, type NewEvent, type StreamHistory } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import type { RequestContext } from '../context.js';
import { IncidentPreviews } from '../enumerate-incident/preview.js';
import { incidentView } from '../show-incidents/view.js';
import { DeclareIncidentCommand } from './command.js';
import { IncidentSelectorSettler } from './settle-selector.js';

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const ANY_POSITION = Number.MAX_SAFE_INTEGER;

@CommandHandler(DeclareIncidentCommand)
export class DeclareIncidentHandler implements ICommandHandler<DeclareIncidentCommand> {
  readonly #lineage: Lineage;

  constructor(
    private readonly selectors: IncidentSelectorSettler,
    private readonly previews: IncidentPreviews,
    private readonly ledger: Ledger,
    private readonly clock: Clock,
  ) {
    this.#lineage = new Lineage(ledger);
  }

  async execute({ request, context }: DeclareIncidentCommand): Promise<IncidentDeclaration> {
    // Descendants may be anywhere.
    if (context.caller.grant.namespaces) throw new ForbiddenError('an incident may hit certificates in any namespace');
    const now = timestamp(this.clock.now());
    const selector = await this.selectors.settle(request.selector, now);
    const incidentId = parseIncidentId(newId());
    const declare = this.#decision(request, { incidentId, selector, now });
    // Whatever would be refused is refused of a dry run, too.
    const [declared] = incidentDecider.decide(declare, incidentDecider.initial);
    await this.#refuseOwn(selector, incidentId, context);
    if (request.dryRun) return { preview: await this.previews.of(selector) };
    if (!declared) throw new Error('an incident without IncidentDeclared');

    const { caller, ...trace } = context;
    const streams = [
      gateStream(),
      incidentStream(incidentId),
      ...(declare.reissue ? [rotationStream(declare.reissue.rotationId)] : []),
    ];
    const decided = await decideOn(
      this.ledger,
      { ...trace, streams, actor: caller.actor, recordedAt: now },
      (histories) => ({ events: eventsOf(declare, histories, request.comment), result: undefined }),
    );
    return {
      incident: incidentView(
        decided.events.filter(({ stream }) => stream.startsWith('incident-')),
        request,
      ),
    };
  }

  #decision(
    { reason, invalidityDate, reissueFirst }: IncidentRequest,
    settled: { readonly incidentId: IncidentId; readonly selector: IncidentSelector; readonly now: Timestamp },
  ) {
    const reissue = reissueFirst && reissueWithin(reissueFirst.window, settled.now);
    return {
      type: 'DeclareIncident',
      ...settled,
      reason,
      ...(invalidityDate === undefined ? {} : { invalidityDate: parseTimestamp(invalidityDate, 'invalidityDate') }),
      ...(reissue ? { reissue } : {}),
    } as const;
  }

  async #refuseOwn(selector: IncidentSelector, incidentId: IncidentId, { caller }: RequestContext): Promise<void> {
    const { credential } = caller.actor;
    const closure = { incidentId, selector, reissueFirst: false, position: ANY_POSITION, status: 'closed' } as const;
    const hit = credentialHitBy({ closures: [closure] }, await this.#lineage.of(credential));
    if (hit) throw new IncidentHitsCallerError(credential);
  }
}

type Declare = Parameters<typeof incidentDecider.decide>[0] & { readonly type: 'DeclareIncident' };

/** All in one append: from its position on nothing passes the gate. */
const eventsOf = (
  declare: Declare,
  histories: ReadonlyMap<string, StreamHistory>,
  comment: string | undefined,
): NewEvent[] => {
  const { incidentId, selector, reissue, now } = declare;
  const stream = incidentStream(incidentId);
  const state = fold(incidentDecider, histories.get(stream)?.events ?? []);
  const erasable = comment === undefined ? {} : { erasable: { comment } };
  const closed = { incidentId, selector, reissueFirst: reissue !== undefined, closedAt: now };
  return [
    { stream: gateStream(), type: 'GateClosed', data: closed },
    ...incidentDecider.decide(declare, state).map((event) => ({ stream, ...event, ...erasable })),
    ...(reissue ? orderOf(reissue, selector as OrderedSelector, now) : []),
  ];
};

const orderOf = ({ rotationId, until }: Reissue, selector: OrderedSelector, now: Timestamp): NewEvent[] => {
  const order = { type: 'OrderRotation', rotationId, selector, window: { start: now, end: until }, now } as const;
  const stream = rotationStream(rotationId);
  return rotationDecider.decide(order, rotationDecider.initial).map((event) => ({ stream, ...event }));
};

const reissueWithin = (window: string | number, now: Timestamp): Reissue => {
  const seconds = parseDuration(window);
  if (seconds === undefined) {
    throw new InvalidValueError('reissueFirst/window', 'whole seconds, or a number with s, m, h or d');
  }
  const until = timestamp(new Date(Date.parse(now) + seconds * 1_000));
  return { rotationId: parseRotationId(newId()), until };
};

const newId = (): string => Array.from({ length: 12 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
