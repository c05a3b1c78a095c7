import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { type Call, Endpoint, Request } from '@cartulary/access';
import { type FullCertificate, type Revocation, routes } from '@cartulary/contracts';
import { parseSerial } from '@cartulary/domain';
import { ReleaseCertificateCommand } from './release-certificate/handler.js';
import { revocationCommand } from './revocation-command.js';

@Controller()
export class RevocationsController {
  constructor(private readonly commands: CommandBus) {}

  @Endpoint(routes.createRevocation)
  revoke(
    @Request(routes.createRevocation) { body, ...call }: Call<typeof routes.createRevocation>,
  ): Promise<Revocation> {
    return this.commands.execute(revocationCommand(body, call));
  }

  @Endpoint(routes.releaseCertificate)
  release(
    @Request(routes.releaseCertificate) { params, body, ...call }: Call<typeof routes.releaseCertificate>,
  ): Promise<FullCertificate> {
    return this.commands.execute(new ReleaseCertificateCommand(parseSerial(params.serial), body?.comment, call));
  }
}
