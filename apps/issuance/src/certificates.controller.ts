import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { type Call, Endpoint, Request } from '@cartulary/access';
import { type FullCertificate, type ResultOf, routes } from '@cartulary/contracts';
import { parseSerial } from '@cartulary/domain';
import { IssueBatchCommand } from './issue-batch/command.js';
import { IssueCertificateCommand } from './issue-certificate/command.js';
import { RenewCertificateCommand } from './renew-certificate/command.js';

@Controller()
export class CertificatesController {
  constructor(private readonly commands: CommandBus) {}

  @Endpoint(routes.issueCertificate)
  issue(
    @Request(routes.issueCertificate) { body, ...call }: Call<typeof routes.issueCertificate>,
  ): Promise<FullCertificate> {
    return this.commands.execute(new IssueCertificateCommand(body, call));
  }

  @Endpoint(routes.issueCertificates)
  issueBatch(
    @Request(routes.issueCertificates) { body, ...call }: Call<typeof routes.issueCertificates>,
  ): Promise<ResultOf<typeof routes.issueCertificates>> {
    return this.commands.execute(new IssueBatchCommand(body.requests, call));
  }

  @Endpoint(routes.renewCertificate)
  renew(
    @Request(routes.renewCertificate) { params, body, ...call }: Call<typeof routes.renewCertificate>,
  ): Promise<FullCertificate> {
    return this.commands.execute(new RenewCertificateCommand(parseSerial(params.serial), body, call));
  }
}
