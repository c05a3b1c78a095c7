import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { systemCaller } from '@cartulary/access';
import type { IssuerId } from '@cartulary/domain';
import { IssueCertificateCommand } from '@cartulary/issuance';
import { OcspDelegation } from '@cartulary/responder';
import { pemToDer } from '@cartulary/x509';

/** The responder and the issuance in one process: it asks by a command instead of by REST. */
@Injectable()
export class LocalOcspDelegation extends OcspDelegation {
  constructor(private readonly commands: CommandBus) {
    super();
  }

  override async delegate({ issuerId, csr }: { issuerId: IssuerId; csr: string }): Promise<Buffer> {
    const context = { caller: systemCaller('responder'), correlationId: `delegation-${issuerId}` };
    const request = { csr, issuerId, profile: 'ocsp-signing' } as const;
    const { certificate } = await this.commands.execute(new IssueCertificateCommand(request, context));
    return pemToDer(certificate, 'CERTIFICATE');
  }
}
