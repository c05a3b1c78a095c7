import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { fold, issuerDecider, issuerStream, timestamp, trustDomainDecider, trustDomainStream } from '@cartulary/domain';
import { Ledger, LedgerConflictError, type NewEvent } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { Settings } from '@cartulary/service';
import { Signer } from '@cartulary/x509';
import { ceremonyIssuers } from '../import-ceremony/ceremony-issuers.js';
import { CreateTrustDomainCommand } from './command.js';
import { Hierarchy } from './hierarchy.js';

@CommandHandler(CreateTrustDomainCommand)
export class CreateTrustDomainHandler implements ICommandHandler<CreateTrustDomainCommand> {
  constructor(
    private readonly ledger: Ledger,
    private readonly signer: Signer,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  async execute({ actor, correlationId, imported, ceremony }: CreateTrustDomainCommand): Promise<boolean> {
    const { trustDomain } = this.settings;
    const stream = trustDomainStream(trustDomain);
    const history = await this.ledger.readStream(stream);
    if (history.version > 0) return false;

    const now = this.clock.now();
    // Keys lie in the key store before the ledger names them: a crash between leaves unused keys, never a lost one.
    const hierarchy = new Hierarchy(this.signer, this.settings, now);
    const signed = ceremony ? await ceremonyIssuers(ceremony, this.signer) : [];
    const issuers = ceremony ? await hierarchy.beside(signed) : await hierarchy.create(imported);
    const systemRoot = issuers.find(({ purpose }) => purpose === 'system-root');
    const root = issuers.find(({ purpose }) => purpose === 'root');
    if (!systemRoot || !root) throw new Error('a hierarchy without roots');

    const create = {
      type: 'CreateTrustDomain',
      trustDomain,
      root: root.issuerId,
      systemRoot: systemRoot.issuerId,
      createdAt: timestamp(now),
    } as const;
    const events: NewEvent[] = trustDomainDecider
      .decide(create, fold(trustDomainDecider, history.events))
      .map((event) => ({ stream, ...event }));
    for (const issuer of issuers) {
      const foreign = signed.includes(issuer) || (imported && issuer.purpose === 'workload');
      const type = foreign ? 'ImportIssuer' : 'CreateIssuer';
      const decided = issuerDecider.decide({ type, issuer }, issuerDecider.initial);
      events.push(...decided.map((event) => ({ stream: issuerStream(issuer.issuerId), ...event })));
    }
    const expectations = [stream, ...issuers.map(({ issuerId }) => issuerStream(issuerId))].map((name) => ({
      stream: name,
      version: 0,
    }));
    try {
      await this.ledger.append({ expectations, events, actor, correlationId, recordedAt: timestamp(now) });
      return true;
    } catch (error) {
      // Another process was faster: its trust domain is ours.
      if (error instanceof LedgerConflictError && error.stream === stream) return false;
      throw error;
    }
  }
}
