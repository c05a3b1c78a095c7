import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { type Caller } from '@cartulary/access';
import type { QueryOf, ResultOf, Rotation, routes } from '@cartulary/contracts';
import {
  type OrderedSelector,
  parseRotationId,
  type RotationId,
  RotationNotFoundError,
  rotationStream,
} from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import { PositionCursor } from '@cartulary/service';
import type { OrderEvent } from '../schedule-renewals/rows.js';
import { RotationTables } from '../schedule-renewals/tables.js';
import { maySee, RotationStore } from './rotation-store.js';
import { orderedView, rotationView } from './view.js';

export class ShowRotationQuery extends Query<Rotation> {
  constructor(
    readonly rotationId: string,
    readonly caller: Caller,
  ) {
    super();
  }
}

@QueryHandler(ShowRotationQuery)
export class ShowRotationHandler implements IQueryHandler<ShowRotationQuery> {
  constructor(
    private readonly store: RotationStore,
    private readonly ledger: Ledger,
  ) {}

  async execute({ rotationId: text, caller }: ShowRotationQuery): Promise<Rotation> {
    const rotationId = parseRotationId(text);
    const order = await this.store.find(rotationId);
    if (!order) return this.#fromLedger(rotationId, caller);
    if (!maySee(caller, order.selector, order.requester)) throw new RotationNotFoundError(rotationId);
    return rotationView(order, await this.#reason(order.event_id));
  }

  /** The projection may not have heard of it yet. */
  async #fromLedger(rotationId: RotationId, caller: Caller): Promise<Rotation> {
    const [event] = await this.ledger.readAll({ after: 0, limit: 1, stream: rotationStream(rotationId) });
    const order = event as unknown as OrderEvent | undefined;
    // What the caller may not see does not exist for it.
    if (!order || !maySee(caller, order.data.selector as OrderedSelector, order.actor.id)) {
      throw new RotationNotFoundError(rotationId);
    }
    return orderedView(order, await this.#reason(order.id));
  }

  async #reason(eventId: string): Promise<string | undefined> {
    return (await this.ledger.readErasable(eventId)).find(({ field }) => field === 'reason')?.value;
  }
}

type Listing = ResultOf<typeof routes.listRotations>;

export class ListRotationsQuery extends Query<Listing> {
  constructor(
    readonly filter: QueryOf<typeof routes.listRotations>,
    readonly caller: Caller,
  ) {
    super();
  }
}

const DEFAULT_LIMIT = 100;
const cursors = new PositionCursor('rotations');

@QueryHandler(ListRotationsQuery)
export class ListRotationsHandler implements IQueryHandler<ListRotationsQuery> {
  constructor(
    private readonly store: RotationStore,
    private readonly tables: RotationTables,
  ) {}

  async execute({ filter, caller }: ListRotationsQuery): Promise<Listing> {
    const { limit = DEFAULT_LIMIT, status, cursor } = filter;
    const { position } = await this.tables.known();
    const before = cursor === undefined ? {} : { before: cursors.read(cursor) };
    const completed = status === undefined ? {} : { completed: status === 'completed' };
    // One more than asked for tells whether there is another page.
    const rows = await this.store.list(caller, { ...before, ...completed, limit: limit + 1 });
    const shown = rows.slice(0, limit);
    const last = rows.length > limit ? shown.at(-1) : undefined;
    const rotations = shown.map((row) => rotationView(row));
    return { rotations, ...(last ? { nextCursor: cursors.write(last.position) } : {}), position };
  }
}
