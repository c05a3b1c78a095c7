import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Caller } from '@cartulary/access';
import type { FullCertificate } from '@cartulary/contracts';
import type { NodeName, SpiffeId, TokenId } from '@cartulary/domain';
import { Clock } from '@cartulary/runtime';
import { certificateView, IssuerDirectory, Settings } from '@cartulary/service';
import { verifyCsr } from '@cartulary/x509';
import { Certifier } from '../issue-certificate/certifier.js';
import { settleSubject } from '../issue-certificate/subject.js';

/** A node joins: its token, whose secret has been checked, becomes its agent's first certificate. */
export class AttestAgentCommand extends Command<FullCertificate> {
  constructor(
    readonly join: { readonly tokenId: TokenId; readonly node: NodeName },
    readonly csr: string,
    readonly correlationId: string,
  ) {
    super();
  }
}

@CommandHandler(AttestAgentCommand)
export class AttestAgentHandler implements ICommandHandler<AttestAgentCommand> {
  constructor(
    private readonly certifier: Certifier,
    private readonly issuers: IssuerDirectory,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  async execute({ join, csr: pem, correlationId }: AttestAgentCommand): Promise<FullCertificate> {
    const { trustDomain, keyKinds, lifetimes } = this.settings;
    const { tokenId, node } = join;
    const identity = `spiffe://${trustDomain}/cartulary/agent/${node}` as SpiffeId;
    const csr = await verifyCsr(pem, { keyKinds });
    const profile = 'service' as const;
    const subject = settleSubject(csr, { identity, profile }, trustDomain);
    const caller: Caller = {
      kind: 'token',
      actor: { id: identity, credential: `token:${tokenId}` },
      grant: { role: 'agent' },
      // The append that records the certificate names the token's stream and spends it.
      attestation: { kind: 'join-token', tokenId },
    };
    const lifetime = lifetimes[profile].default;
    const issued = await this.certifier.certify({ csr, subject, profile, lifetime, node }, { caller, correlationId });
    const view = { issuers: this.issuers, now: this.clock.now(), position: issued.position };
    return certificateView({ ...issued.data, status: 'active' }, view);
  }
}
