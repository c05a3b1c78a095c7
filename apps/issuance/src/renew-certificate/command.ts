import { Command } from '@nestjs/cqrs';
import type { FullCertificate, Ttl } from '@cartulary/contracts';
import type { Serial } from '@cartulary/domain';
import type { RequestContext } from '../issue-certificate/command.js';

/** The same identity and profile, a new key, linked to its predecessor. */
export class RenewCertificateCommand extends Command<FullCertificate> {
  constructor(
    readonly serial: Serial,
    readonly request: { readonly csr: string; readonly ttl?: Ttl },
    readonly context: RequestContext,
  ) {
    super();
  }
}
