import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Revocation } from '@cartulary/contracts';
import { CertificateNotHeldError, type CrlReason, type Serial, type Timestamp } from '@cartulary/domain';
import { CertificateCommands } from '../certificate-commands.js';
import type { RequestContext } from '../context.js';

/** Revokes a certificate for good, or puts it on hold when the reason is certificateHold. */
export class RevokeCertificateCommand extends Command<Revocation> {
  constructor(
    readonly serial: Serial,
    readonly reason: CrlReason,
    readonly details: { readonly invalidityDate?: Timestamp; readonly comment?: string },
    readonly context: RequestContext,
  ) {
    super();
  }
}

@CommandHandler(RevokeCertificateCommand)
export class RevokeCertificateHandler implements ICommandHandler<RevokeCertificateCommand> {
  constructor(private readonly certificates: CertificateCommands) {}

  async execute({ serial, reason, details, context }: RevokeCertificateCommand): Promise<Revocation> {
    const { invalidityDate, comment } = details;
    const since = invalidityDate ? { invalidityDate } : {};
    const change =
      reason === 'certificateHold'
        ? ({ type: 'HoldCertificate' } as const)
        : ({ type: 'RevokeCertificate', reason, ...since } as const);
    const { state, position } = await this.certificates.change(serial, change, context, comment);
    const common = { serial, certificates: [serial], position };
    if (state.status === 'held') return { ...common, reason: 'certificateHold', revokedAt: state.heldAt };
    if (state.status === 'revoked') return { ...common, ...state.revocation };
    // The repeat of a hold that has been released since: there is nothing left to report.
    throw new CertificateNotHeldError(serial);
  }
}
