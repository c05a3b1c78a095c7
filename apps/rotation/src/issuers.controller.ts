import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { type Call, Endpoint, Request } from '@cartulary/access';
import {
  type IssuerRetirement,
  type IssuerRevocation,
  type IssuerRevocationRequest,
  type IssuerRotation,
  routes,
} from '@cartulary/contracts';
import { parseIssuerId, parseTimestamp } from '@cartulary/domain';
import { RetireIssuerCommand } from './retire-ca/handler.js';
import { type CutOffDetails, RevokeIssuerCommand } from './revoke-issuer/handler.js';
import { RotateIssuerCommand } from './rotate-issuer/handler.js';

@Controller()
export class IssuersController {
  constructor(private readonly commands: CommandBus) {}

  @Endpoint(routes.rotateIssuer)
  rotate(@Request(routes.rotateIssuer) { params, ...call }: Call<typeof routes.rotateIssuer>): Promise<IssuerRotation> {
    return this.commands.execute(new RotateIssuerCommand(parseIssuerId(params.issuerId), call));
  }

  @Endpoint(routes.retireIssuer)
  retire(
    @Request(routes.retireIssuer) { params, ...call }: Call<typeof routes.retireIssuer>,
  ): Promise<IssuerRetirement> {
    return this.commands.execute(new RetireIssuerCommand(parseIssuerId(params.issuerId), call));
  }

  @Endpoint(routes.revokeIssuer)
  revoke(
    @Request(routes.revokeIssuer) { params, body, ...call }: Call<typeof routes.revokeIssuer>,
  ): Promise<IssuerRevocation> {
    return this.commands.execute(new RevokeIssuerCommand(parseIssuerId(params.issuerId), detailsOf(body), call));
  }
}

const detailsOf = ({ reason, invalidityDate, comment }: IssuerRevocationRequest = {}): CutOffDetails => ({
  reason: reason ?? 'cACompromise',
  ...(invalidityDate === undefined ? {} : { invalidityDate: parseTimestamp(invalidityDate, 'invalidityDate') }),
  ...(comment === undefined ? {} : { comment }),
});
