import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { type Call, demandReach, Endpoint, Request } from '@cartulary/access';
import { type Placement, type ResultOf, routes } from '@cartulary/contracts';
import { parseIdentity } from '@cartulary/domain';
import { Placements, Settings } from '@cartulary/service';
import { PlaceIdentityCommand } from './place-identity/handler.js';

const MOST = 10_000;

@Controller()
export class PlacementsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly placements: Placements,
    private readonly settings: Settings,
  ) {}

  @Endpoint(routes.placeIdentity)
  async place(
    @Request(routes.placeIdentity) { params, body, ...call }: Call<typeof routes.placeIdentity>,
  ): Promise<Placement> {
    const placed = await this.commands.execute(new PlaceIdentityCommand(params.id, body.node, body.selectors, call));
    if (!placed) throw new Error('a placement without its event');
    return placed;
  }

  @Endpoint(routes.listPlacements)
  list(
    @Request(routes.listPlacements) { params, caller }: Call<typeof routes.listPlacements>,
  ): ResultOf<typeof routes.listPlacements> {
    const identity = parseIdentity(params.id, this.settings.trustDomain);
    demandReach(caller, identity);
    const placements = this.placements
      .of(identity.id)
      .slice(0, MOST)
      .map(({ selectors, ...rest }) => ({ ...rest, selectors: selectors.map((selector) => ({ ...selector })) }));
    return { placements, position: this.placements.position };
  }

  @Endpoint(routes.displaceIdentity)
  async displace(
    @Request(routes.displaceIdentity) { params, ...call }: Call<typeof routes.displaceIdentity>,
  ): Promise<ResultOf<typeof routes.displaceIdentity>> {
    await this.commands.execute(new PlaceIdentityCommand(params.id, params.node, undefined, call));
    return { identity: params.id, node: params.node };
  }
}
