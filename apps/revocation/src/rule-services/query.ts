import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { type Caller, demandNamespace } from '@cartulary/access';
import type { QueryOf, ResultOf, routes, Service } from '@cartulary/contracts';
import { mutualTlsKey, namespaceOf, parseServiceId } from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import { ListCursor } from '@cartulary/service';
import { serviceView, showService } from './define-service.js';
import { serviceKey, ServiceRulesDirectory, type SetScope } from './service-rules.js';

type Services = ResultOf<typeof routes.listServices>;
type Scopes = ResultOf<typeof routes.listMutualTls>;
const DEFAULT_LIMIT = 100;
const cursors = { services: new ListCursor('services'), mutualTls: new ListCursor('mutual-tls') };

export class ShowServiceQuery extends Query<Service> {
  constructor(
    readonly id: { readonly namespace: string; readonly name: string },
    readonly caller: Caller,
  ) {
    super();
  }
}

@QueryHandler(ShowServiceQuery)
export class ShowServiceHandler implements IQueryHandler<ShowServiceQuery> {
  constructor(
    private readonly ledger: Ledger,
    private readonly rules: ServiceRulesDirectory,
  ) {}

  async execute({ id: { namespace, name }, caller }: ShowServiceQuery): Promise<Service> {
    const id = parseServiceId(namespace, name);
    demandNamespace(caller, id.namespace);
    await this.rules.caughtUp;
    return showService(this.ledger, this.rules, id);
  }
}

export class ListServicesQuery extends Query<Services> {
  constructor(
    readonly filter: QueryOf<typeof routes.listServices>,
    readonly caller: Caller,
  ) {
    super();
  }
}

@QueryHandler(ListServicesQuery)
export class ListServicesHandler implements IQueryHandler<ListServicesQuery> {
  constructor(private readonly rules: ServiceRulesDirectory) {}

  async execute({ filter, caller }: ListServicesQuery): Promise<Services> {
    await this.rules.caughtUp;
    const { namespace: wanted } = filter;
    const { position } = this.rules;
    const seen = this.rules
      .services()
      .filter(({ namespace }) => sees(caller, namespace) && (wanted === undefined || namespace === wanted));
    const { rows, nextCursor } = pageOf(seen, cursors.services, serviceKey, filter);
    const services = rows.map((row) => serviceView(row, row.position, this.rules.modeOf(row)));
    return { services, ...(nextCursor === undefined ? {} : { nextCursor }), position };
  }
}

export class ListMutualTlsQuery extends Query<Scopes> {
  constructor(
    readonly filter: QueryOf<typeof routes.listMutualTls>,
    readonly caller: Caller,
  ) {
    super();
  }
}

@QueryHandler(ListMutualTlsQuery)
export class ListMutualTlsHandler implements IQueryHandler<ListMutualTlsQuery> {
  constructor(private readonly rules: ServiceRulesDirectory) {}

  async execute({ filter, caller }: ListMutualTlsQuery): Promise<Scopes> {
    await this.rules.caughtUp;
    const { position } = this.rules;
    const seen = this.rules.scopes().filter((scope) => seesScope(caller, scope));
    const { rows, nextCursor } = pageOf(seen, cursors.mutualTls, mutualTlsKey, filter);
    const mutualTls = rows.map((row) => ({ ...row }));
    return { mutualTls, ...(nextCursor === undefined ? {} : { nextCursor }), position };
  }
}

const sees = ({ grant }: Caller, namespace: string): boolean =>
  grant.namespaces === undefined || grant.namespaces.includes(namespace);

/** What holds for the mesh holds for everybody. */
const seesScope = (caller: Caller, { namespace, identity }: SetScope): boolean => {
  const of = namespace ?? namespaceOf(identity);
  return of === undefined || sees(caller, of);
};

interface Page<Row> {
  readonly rows: readonly Row[];
  readonly nextCursor?: string;
}

/** Goes on behind the last key shown, whatever came or went since. */
const pageOf = <Row>(
  sorted: readonly Row[],
  keptAs: ListCursor,
  keyOf: (row: Row) => string,
  { limit = DEFAULT_LIMIT, cursor }: { readonly limit?: number; readonly cursor?: string },
): Page<Row> => {
  const after = cursor === undefined ? undefined : keptAs.read(cursor);
  const rest = after === undefined ? sorted : sorted.filter((row) => keyOf(row) > after);
  const rows = rest.slice(0, limit);
  const last = rest.length > limit ? rows.at(-1) : undefined;
  return { rows, ...(last ? { nextCursor: keptAs.write(keyOf(last)) } : {}) };
};
