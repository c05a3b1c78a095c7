import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { type Caller, ForbiddenError } from '@cartulary/access';
import type { QueryOf, ResultOf, routes } from '@cartulary/contracts';
import { Ledger } from '@cartulary/ledger';
import { DEFAULT_LIMIT } from '../paging/page.js';
import { plain } from '../paging/parameters.js';
import type { EventPage } from './event-filter.js';
import { EventReader } from './event-reader.js';
import { eventView } from './event-view.js';
import { LedgerTail } from './ledger-tail.js';

type Route = typeof routes.listEvents;

export class ListEventsQuery extends Query<ResultOf<Route>> {
  constructor(
    readonly filter: QueryOf<Route>,
    readonly caller: Caller,
  ) {
    super();
  }
}

@QueryHandler(ListEventsQuery)
export class ListEventsHandler implements IQueryHandler<ListEventsQuery> {
  constructor(
    private readonly ledger: Ledger,
    private readonly reader: EventReader,
    private readonly tail: LedgerTail,
  ) {}

  async execute({ filter, caller }: ListEventsQuery): Promise<ResultOf<Route>> {
    if (caller.grant.namespaces) throw new ForbiddenError('the ledger is not for a caller limited to namespaces');
    plain('stream', filter.stream);
    const { head, page } = filter.wait ? await this.#wait(filter, filter.wait * 1000) : await this.#read(filter);
    const position = Math.max(head, page.events.at(-1)?.position ?? 0);
    return { events: page.events.map(eventView), next: page.next, position };
  }

  async #wait(filter: QueryOf<Route>, ms: number): Promise<{ head: number; page: EventPage }> {
    const watch = await this.tail.watch(filter);
    try {
      const now = await this.#read(filter);
      const thereIsMore = now.page.events.length > 0 || now.page.next < now.head;
      if (thereIsMore) return now;
      await watch.seen(ms);
      return await this.#read({ ...filter, after: now.page.next });
    } finally {
      watch.end();
    }
  }

  async #read({
    after = 0,
    limit = DEFAULT_LIMIT,
    ...filter
  }: QueryOf<Route>): Promise<{ head: number; page: EventPage }> {
    const head = (await this.ledger.head()).position;
    return { head, page: await this.reader.read(after, filter, limit, head) };
  }
}
