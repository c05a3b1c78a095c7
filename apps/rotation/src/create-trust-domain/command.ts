import { Command } from '@nestjs/cqrs';
import type { Actor } from '@cartulary/ledger';
import type { ImportedIssuer } from '@cartulary/x509';
import type { ImportedCeremony } from '../import-ceremony/ceremony-issuers.js';

/** Makes the CAs of a trust domain. Resolves to false, and changes nothing, when it has them already. */
export class CreateTrustDomainCommand extends Command<boolean> {
  constructor(
    readonly actor: Actor,
    readonly correlationId: string,
    /** An issuer made elsewhere, with its chain, under which workloads get their certificates. */
    readonly imported?: ImportedIssuer & { readonly privateKeyPem: string },
    /** A root and issuers signed ahead, in place of all of the mesh's. */
    readonly ceremony?: ImportedCeremony,
  ) {
    super();
  }
}
