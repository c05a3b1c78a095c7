import type { CommandBus } from '@nestjs/cqrs';
import { systemCaller } from '@cartulary/access';
import { IdentityAlreadyRegisteredError } from '@cartulary/domain';
import type { CertificateSource, CertificateWanted } from '@cartulary/service';
import { IssueCertificateCommand } from './issue-certificate/command.js';
import { RegisterIdentityCommand } from './register-identity/handler.js';

/** Issuance needs nobody else for its own certificates: there is no other issuance before the first. */
export class OwnIssuance implements CertificateSource {
  readonly first = true;
  constructor(private readonly commands: CommandBus) {}

  async obtain({ kind, csr, identity }: CertificateWanted): Promise<{ certificate: string; chain: string }> {
    const context = { caller: systemCaller('issuance'), correlationId: 'issuance-own' };
    try {
      await this.commands.execute(new RegisterIdentityCommand(identity, { role: 'service' }, context));
    } catch (error) {
      if (!(error instanceof IdentityAlreadyRegisteredError)) throw error;
    }
    return this.commands.execute(new IssueCertificateCommand({ csr, profile: kind, identity }, context));
  }
}
