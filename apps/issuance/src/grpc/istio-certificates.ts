import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ForbiddenError, type WorkloadCaller } from '@cartulary/access';
import {
  type FullCertificate,
  grpcServices,
  type IstioCertificateRequest,
  type IstioCertificateResponse,
} from '@cartulary/contracts';
import { InvalidValueError, type NodeName, parseIdentity, parseSerial, type SpiffeId } from '@cartulary/domain';
import { GrpcAccess, type GrpcCall, GrpcServer, IssuerDirectory, Settings } from '@cartulary/service';
import { IssueCertificateCommand, type RequestContext } from '../issue-certificate/command.js';
import { PolicyError } from '../issue-certificate/errors.js';
import { RenewCertificateCommand } from '../renew-certificate/command.js';
import { istioChainOf } from './chain.js';

/** istio.v1.auth.IstioCertificateService: what Istio's agents and ztunnel call, unchanged. */
@Injectable()
export class IstioCertificates implements OnModuleInit {
  constructor(
    private readonly server: GrpcServer,
    private readonly access: GrpcAccess,
    private readonly commands: CommandBus,
    private readonly issuers: IssuerDirectory,
    private readonly settings: Settings,
  ) {}

  onModuleInit(): void {
    this.server.add(grpcServices.istio, {
      createCertificate: (call: GrpcCall<IstioCertificateRequest>) => this.createCertificate(call),
    });
  }

  async createCertificate(call: GrpcCall<IstioCertificateRequest>): Promise<IstioCertificateResponse> {
    const found = await this.access.workload(call);
    const { csr, validityDuration, metadata } = call.request;
    const signer = metadata?.fields?.['CertSigner']?.stringValue ?? '';
    // Named where the caller wants one CA of several: we would sign with another than it asked for.
    if (signer !== '')
      throw new PolicyError('PROFILE_NOT_ALLOWED', 'there is no signer to choose here: leave CertSigner out');
    const ttl = this.#ttl(validityDuration);
    const impersonated = metadata?.fields?.['ImpersonatedIdentity']?.stringValue ?? '';
    const { caller, node } = impersonated === '' ? found : this.#impersonating(found, impersonated);
    const context = { caller, correlationId: call.correlationId };
    const issued = await this.#issue({ csr, ttl }, context, node);
    return { certChain: istioChainOf(issued, this.issuers) };
  }

  #issue(
    { csr, ttl }: { readonly csr: string; readonly ttl: number },
    context: RequestContext & { readonly caller: WorkloadCaller['caller'] },
    node: NodeName | undefined,
  ): Promise<FullCertificate> {
    const { actor, only } = context.caller;
    const [kind, serial = ''] = actor.credential.split(':');
    if (kind === 'certificate') {
      return this.commands.execute(new RenewCertificateCommand(parseSerial(serial), { csr, ttl }, context));
    }
    const request = { csr, ttl, identity: only, profile: 'workload' as const, ...(node === undefined ? {} : { node }) };
    return this.commands.execute(new IssueCertificateCommand(request, context));
  }

  /** Callers ask for the lifetime that they would like, and expect what the CA gives. */
  #ttl(seconds: number): number {
    const { default: usual, max } = this.settings.lifetimes.workload;
    if (seconds === 0) return usual;
    if (!Number.isSafeInteger(seconds) || seconds < 0) {
      throw new InvalidValueError('validityDuration', 'seconds, 0 or more');
    }
    return Math.min(seconds, max);
  }

  /** A node's proxy asks for a workload there: DESIGN §10, what is placed on its node and nothing else. */
  #impersonating({ caller, node, mayImpersonate }: WorkloadCaller, wanted: string): WorkloadCaller {
    if (!mayImpersonate) throw new ForbiddenError(`${caller.only} may not ask for other identities`);
    if (node === undefined) throw new ForbiddenError('the token is not bound to a node');
    const { id } = parseIdentity(wanted, this.settings.trustDomain);
    return { caller: onBehalf(caller, id), node, mayImpersonate };
  }
}

const onBehalf = (caller: WorkloadCaller['caller'], only: SpiffeId): WorkloadCaller['caller'] => ({
  ...caller,
  only,
  attestation: { kind: 'kubernetes', ...caller.attestation, onBehalf: true },
});
