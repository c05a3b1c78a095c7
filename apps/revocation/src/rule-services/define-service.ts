import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { demandNamespace } from '@cartulary/access';
import type { Service, ServiceRequest } from '@cartulary/contracts';
import {
  fold,
  type MutualTlsMode,
  parseIdentity,
  parseServiceId,
  serviceDecider,
  type ServiceDefined,
  type ServiceId,
  ServiceNotFoundError,
  serviceStream,
  type SpiffeId,
  timestamp,
} from '@cartulary/domain';
import { decideOn, Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { Settings } from '@cartulary/service';
import type { RequestContext } from '../context.js';
import { ServiceRulesDirectory } from './service-rules.js';

/** Says who a service is and who may call it, or (without a rule) retires it. */
export class DefineServiceCommand extends Command<Service | undefined> {
  constructor(
    readonly id: { readonly namespace: string; readonly name: string },
    readonly rule: Pick<ServiceRequest, 'runs' | 'callers' | 'port' | 'enforced'> | undefined,
    readonly context: RequestContext,
  ) {
    super();
  }
}

@CommandHandler(DefineServiceCommand)
export class DefineServiceHandler implements ICommandHandler<DefineServiceCommand> {
  constructor(
    private readonly ledger: Ledger,
    private readonly rules: ServiceRulesDirectory,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  async execute({ id: named, rule, context }: DefineServiceCommand): Promise<Service | undefined> {
    const { caller, ...trace } = context;
    const id = parseServiceId(named.namespace, named.name);
    demandNamespace(caller, id.namespace);
    const now = timestamp(this.clock.now());
    const command = rule
      ? ({ type: 'DefineService', ...id, ...this.#settled(rule), now } as const)
      : ({ type: 'RetireService', ...id, now } as const);
    const stream = serviceStream(id);
    await decideOn(this.ledger, { ...trace, streams: [stream], actor: caller.actor, recordedAt: now }, (histories) => {
      const state = fold(serviceDecider, histories.get(stream)?.events ?? []);
      const events = serviceDecider.decide(command, state);
      return { events: events.map((event) => ({ stream, ...event })), result: undefined };
    });
    return rule ? showService(this.ledger, this.rules, id) : undefined;
  }

  #settled({ runs, callers, port, enforced = true }: NonNullable<DefineServiceCommand['rule']>) {
    const identity = (text: string): SpiffeId => parseIdentity(text, this.settings.trustDomain).id;
    const rule = { runs: runs.map(identity), callers: callers.map(identity), enforced };
    return port === undefined ? rule : { ...rule, port };
  }
}

/** As the ledger has it now; throws ServiceNotFoundError. */
export const showService = async (ledger: Ledger, rules: ServiceRulesDirectory, id: ServiceId): Promise<Service> => {
  const { events } = await ledger.readStream(serviceStream(id));
  const state = fold(serviceDecider, events);
  if (state.status === 'absent') throw new ServiceNotFoundError(id);
  const { status: _, ...service } = state;
  return serviceView(service, events.at(-1)?.position ?? 0, rules.modeOf(service));
};

export const serviceView = (
  { namespace, name, runs, callers, port, enforced, definedAt }: ServiceDefined['data'],
  position: number,
  mutualTls: MutualTlsMode,
): Service => ({
  ...{ namespace, name, runs: [...runs], callers: [...callers] },
  ...(port === undefined ? {} : { port }),
  ...{ enforced, mutualTls, definedAt, position },
});
