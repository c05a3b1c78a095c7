import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { demandReachOf } from '@cartulary/access';
import type { FullCertificate } from '@cartulary/contracts';
import {
  certificateDecider,
  CertificateNotFoundError,
  certificateStream,
  fold,
  type LeafProfile,
  type RequestedProfile,
} from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { certificateView, IssuerDirectory, Settings } from '@cartulary/service';
import { verifyCsr } from '@cartulary/x509';
import { Admission } from '../admit-requests/admission.js';
import { Certifier } from '../issue-certificate/certifier.js';
import { PolicyError } from '../issue-certificate/errors.js';
import { lifetimeOf } from '../issue-certificate/lifetime.js';
import { Proofs } from '../issue-certificate/proofs.js';
import { demandEveryName, settleSubject } from '../issue-certificate/subject.js';
import { RenewCertificateCommand } from './command.js';

@CommandHandler(RenewCertificateCommand)
export class RenewCertificateHandler implements ICommandHandler<RenewCertificateCommand> {
  constructor(
    private readonly certifier: Certifier,
    private readonly ledger: Ledger,
    private readonly issuers: IssuerDirectory,
    private readonly settings: Settings,
    private readonly clock: Clock,
    private readonly admission: Admission,
    private readonly proofs: Proofs,
  ) {}

  execute(command: RenewCertificateCommand): Promise<FullCertificate> {
    return this.admission.run(() => this.#renew(command));
  }

  async #renew({ serial, request, context }: RenewCertificateCommand): Promise<FullCertificate> {
    const history = await this.ledger.readStream(certificateStream(serial));
    const predecessor = fold(certificateDecider, history.events);
    if (predecessor.status === 'unissued') throw new CertificateNotFoundError(serial);
    const { profile, identity } = predecessor;
    const { trustDomain, lifetimes } = this.settings;
    const { caller } = context;
    // Operators and services renew the very certificate that they show, whatever else their grant reaches; and services
    // what they serve with.
    const isService = caller.grant.role === 'service' || caller.grant.role === 'controller';
    const served = isService && profile === 'server' && identity === caller.actor.id;
    const own = served || caller.actor.credential === `certificate:${serial}`;
    if (!own) demandReachOf(caller, identity, trustDomain);
    demandProfile(profile, own || caller.grant.role === 'admin');
    if (profile === 'server') demandEveryName(caller);

    const csr = await verifyCsr(request.csr, { keyKinds: this.settings.keyKinds }, this.proofs);
    const subject = settleSubject(csr, { profile, ...(identity ? { identity } : {}) }, trustDomain);
    const lifetime = lifetimeOf(request.ttl, lifetimes[profile]);
    const { node } = predecessor.evidence;
    const link = { predecessor: serial, predecessorIssuer: predecessor.issuerId };
    const wanted = { csr, subject, profile, lifetime, ...link, ...(node ? { node } : {}) };
    const issued = await this.certifier.certify(wanted, context);
    const view = { issuers: this.issuers, now: this.clock.now(), position: issued.position };
    return certificateView({ ...issued.data, status: 'active' }, view);
  }
}

function demandProfile(profile: LeafProfile, entitled: boolean): asserts profile is RequestedProfile {
  const open = profile === 'workload' || profile === 'server';
  if (open || (entitled && profile !== 'ocsp-signing' && profile !== 'canary')) return;
  throw new PolicyError('PROFILE_NOT_ALLOWED', `a certificate of the profile ${profile} is not renewed by this caller`);
}
