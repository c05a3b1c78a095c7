import type { CommandBus } from '@nestjs/cqrs';
import { systemCaller } from '@cartulary/access';
import { IdentityAlreadyRegisteredError } from '@cartulary/domain';
import { RegisterIdentityCommand } from '@cartulary/issuance';

/** The operator whose key and certificate lie in the data directory: an administrator. Resolves to its SPIFFE ID. */
export const registerFirstOperator = async (commands: CommandBus, trustDomain: string): Promise<string> => {
  const id = `spiffe://${trustDomain}/cartulary/operator/first`;
  const context = { caller: systemCaller('standalone'), correlationId: 'standalone-init' };
  try {
    await commands.execute(new RegisterIdentityCommand(id, { role: 'admin' }, context));
  } catch (error) {
    if (!(error instanceof IdentityAlreadyRegisteredError)) throw error;
  }
  return id;
};
