import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Caller, demandReach } from '@cartulary/access';
import type { FullCertificate } from '@cartulary/contracts';
import {
  fold,
  identityDecider,
  identityStream,
  InvalidValueError,
  parseIssuerId,
  parseNodeName,
} from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { certificateView, IssuerDirectory, Settings } from '@cartulary/service';
import { verifyCsr } from '@cartulary/x509';
import { Admission } from '../admit-requests/admission.js';
import { Certifier } from './certifier.js';
import { IssueCertificateCommand, type IssueRequest, type RequestContext } from './command.js';
import { demandResponder } from './delegation-policy.js';
import { PolicyError } from './errors.js';
import { lifetimeOf } from './lifetime.js';
import { Proofs } from './proofs.js';
import { demandEveryName, demandOfController, settleSubject, type Subject } from './subject.js';

@CommandHandler(IssueCertificateCommand)
export class IssueCertificateHandler implements ICommandHandler<IssueCertificateCommand> {
  constructor(
    private readonly certifier: Certifier,
    private readonly ledger: Ledger,
    private readonly issuers: IssuerDirectory,
    private readonly settings: Settings,
    private readonly clock: Clock,
    private readonly admission: Admission,
    private readonly proofs: Proofs,
  ) {}

  async execute({ request, context }: IssueCertificateCommand): Promise<FullCertificate> {
    // Our own services can't do without, and are few.
    if (context.isAdmitted || context.caller.kind === 'system') return this.#issue(request, context);
    return this.admission.run(() => this.#issue(request, context));
  }

  async #issue(request: IssueRequest, context: RequestContext): Promise<FullCertificate> {
    const profile = request.profile ?? 'workload';
    const csr = await verifyCsr(request.csr, { keyKinds: this.settings.keyKinds }, this.proofs);
    const asked = { profile, ...(request.identity === undefined ? {} : { identity: request.identity }) };
    const subject = settleSubject(csr, asked, this.settings.trustDomain);
    await this.#authorise(context.caller, request, subject);
    const lifetime = lifetimeOf(request.ttl, this.settings.lifetimes[profile]);
    const { issuerId } = request;
    const node = request.node === undefined ? {} : { node: parseNodeName(request.node) };
    const issuer = issuerId ? { issuer: await this.certifier.issuer(parseIssuerId(issuerId)) } : {};
    const issued = await this.certifier.certify({ csr, subject, profile, lifetime, ...issuer, ...node }, context);
    const view = { issuers: this.issuers, now: this.clock.now(), position: issued.position };
    return certificateView({ ...issued.data, status: 'active' }, view);
  }

  async #authorise(
    caller: Caller,
    { profile = 'workload', issuerId, node }: IssueRequest,
    subject: Subject,
  ): Promise<void> {
    if (caller.kind === 'system') return;
    const { identity } = subject;
    // Our own services' certificates are theirs wherever they run.
    if (node !== undefined && caller.grant.role === 'service') throw new InvalidValueError('node', 'not for services');
    if (profile === 'ocsp-signing') return demandResponder(caller, issuerId, this.settings.trustDomain);
    if (issuerId !== undefined) throw new InvalidValueError('issuerId', 'only for the profile ocsp-signing');
    if (caller.grant.role === 'controller') demandOfController(profile, subject, this.settings.clusterDomain);
    else if (profile === 'server') demandEveryName(caller);
    if (profile !== 'operator' && profile !== 'service') return demandReach(caller, identity);
    // Whoever gets a system certificate gets its grant: that is for administrators, and registered before.
    if (caller.grant.role !== 'admin' || caller.grant.namespaces) {
      throw new PolicyError('PROFILE_NOT_ALLOWED', `only an admin may issue ${profile} certificates`);
    }
    if (!identity) return;
    const history = await this.ledger.readStream(identityStream(identity.id));
    const state = fold(identityDecider, history.events);
    if (state.status === 'unregistered') {
      throw new PolicyError(
        'IDENTITY_NOT_ALLOWED',
        `${identity.id} has to be registered, with its grant, before it gets a certificate`,
      );
    }
  }
}
