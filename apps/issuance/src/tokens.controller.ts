import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { type Call, Endpoint, Request } from '@cartulary/access';
import { type CreatedToken, routes, type Token } from '@cartulary/contracts';
import { parseTokenId } from '@cartulary/domain';
import { CreateJoinTokenCommand } from './create-join-token/handler.js';
import { CreateTokenCommand } from './create-token/handler.js';
import { RevokeTokenCommand } from './revoke-token/handler.js';

@Controller()
export class TokensController {
  constructor(private readonly commands: CommandBus) {}

  @Endpoint(routes.createToken)
  create(@Request(routes.createToken) { body, ...call }: Call<typeof routes.createToken>): Promise<CreatedToken> {
    const { name, ttl, role, namespaces } = body;
    const grant = namespaces ? { role, namespaces } : { role };
    return this.commands.execute(new CreateTokenCommand({ name, ttl, grant }, call));
  }

  @Endpoint(routes.createJoinToken)
  createJoin(
    @Request(routes.createJoinToken) { body, ...call }: Call<typeof routes.createJoinToken>,
  ): Promise<CreatedToken> {
    return this.commands.execute(new CreateJoinTokenCommand(body, call));
  }

  @Endpoint(routes.revokeToken)
  revoke(@Request(routes.revokeToken) { params, ...call }: Call<typeof routes.revokeToken>): Promise<Token> {
    return this.commands.execute(new RevokeTokenCommand(parseTokenId(params.tokenId), call));
  }
}
