import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { FullCertificate } from '@cartulary/contracts';
import type { Serial } from '@cartulary/domain';
import { Clock } from '@cartulary/runtime';
import { certificateView, IssuerDirectory } from '@cartulary/service';
import { CertificateCommands } from '../certificate-commands.js';
import type { RequestContext } from '../context.js';

export class ReleaseCertificateCommand extends Command<FullCertificate> {
  constructor(
    readonly serial: Serial,
    readonly comment: string | undefined,
    readonly context: RequestContext,
  ) {
    super();
  }
}

@CommandHandler(ReleaseCertificateCommand)
export class ReleaseCertificateHandler implements ICommandHandler<ReleaseCertificateCommand> {
  constructor(
    private readonly certificates: CertificateCommands,
    private readonly issuers: IssuerDirectory,
    private readonly clock: Clock,
  ) {}

  async execute({ serial, comment, context }: ReleaseCertificateCommand): Promise<FullCertificate> {
    const { state, position } = await this.certificates.change(
      serial,
      { type: 'ReleaseCertificate' },
      context,
      comment,
    );
    return certificateView(state, { issuers: this.issuers, now: this.clock.now(), position });
  }
}
