import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Caller } from '@cartulary/access';
import {
  type AttestRequest,
  type AttestResponse,
  type CertificateResponse,
  type Entitlements,
  type FullCertificate,
  grpcServices,
  type RenewAgentRequest,
  type SignWorkloadRequest,
} from '@cartulary/contracts';
import {
  certificateDecider,
  certificateStream,
  fold,
  NodeNotEntitledError,
  type NodeName,
  parseIdentity,
  parseSerial,
  type Serial,
} from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import {
  type AgentCaller,
  Changes,
  GrpcAccess,
  type GrpcCall,
  GrpcServer,
  type GrpcStream,
  Placements,
  Settings,
} from '@cartulary/service';
import { AttestAgentCommand } from '../attest-agent/handler.js';
import { IssueCertificateCommand } from '../issue-certificate/command.js';
import { RenewCertificateCommand } from '../renew-certificate/command.js';
import { agentCertificate } from './chain.js';

/** cartulary.v1.AgentService: a node's way to its own certificates and its workloads'. */
@Injectable()
export class Agents implements OnModuleInit {
  constructor(
    private readonly server: GrpcServer,
    private readonly access: GrpcAccess,
    private readonly commands: CommandBus,
    private readonly ledger: Ledger,
    private readonly placements: Placements,
    private readonly settings: Settings,
  ) {}

  onModuleInit(): void {
    this.server.add(grpcServices.agent, {
      attest: (call: GrpcCall<AttestRequest>) => this.attest(call),
      renewAgent: (call: GrpcCall<RenewAgentRequest>) => this.renewAgent(call),
      listEntitlements: (call: GrpcCall) => this.listEntitlements(call),
      streamEntitlements: (call: GrpcCall, stream: GrpcStream<Entitlements>) => this.streamEntitlements(call, stream),
      signWorkload: (call: GrpcCall<SignWorkloadRequest>) => this.signWorkload(call),
    });
  }

  async attest(call: GrpcCall<AttestRequest>): Promise<AttestResponse> {
    const { joinToken, csr } = call.request;
    const join = await this.access.joining(call, joinToken);
    const issued = await this.commands.execute(new AttestAgentCommand(join, csr, call.correlationId));
    return { certificate: agentCertificate(issued), node: join.node, trustDomain: this.settings.trustDomain };
  }

  async renewAgent(call: GrpcCall<RenewAgentRequest>): Promise<CertificateResponse> {
    const { caller, serial } = await this.access.agent(call);
    const context = { caller, correlationId: call.correlationId };
    const { csr } = call.request;
    return certificate(await this.commands.execute(new RenewCertificateCommand(serial, { csr }, context)));
  }

  async listEntitlements(call: GrpcCall): Promise<Entitlements> {
    const { node } = await this.access.agent(call);
    await this.placements.caughtUp;
    return this.#entitlements(node);
  }

  async streamEntitlements(call: GrpcCall, stream: GrpcStream<Entitlements>): Promise<void> {
    const { node } = await this.access.agent(call);
    await this.placements.caughtUp;
    const changes = new Changes(call.signal);
    const unlisten = this.placements.onChange(node, () => changes.note());
    try {
      await stream.send(this.#entitlements(node));
      while (await changes.next()) {
        await this.access.stillGood(call);
        await stream.send(this.#entitlements(node));
      }
    } finally {
      unlisten();
    }
  }

  async signWorkload(call: GrpcCall<SignWorkloadRequest>): Promise<CertificateResponse> {
    const agent = await this.access.agent(call);
    const { spiffeId, csr, ttl, predecessor } = call.request;
    const { id: identity } = parseIdentity(spiffeId, this.settings.trustDomain);
    const caller: Caller = { ...agent.caller, only: identity, attestation: { kind: 'agent', onBehalf: true } };
    const context = { caller, correlationId: call.correlationId };
    const lifetime = ttl === 0 ? {} : { ttl };
    if (predecessor !== '') {
      const serial = parseSerial(predecessor);
      await this.#demandOwn(agent, serial, spiffeId);
      return certificate(
        await this.commands.execute(new RenewCertificateCommand(serial, { csr, ...lifetime }, context)),
      );
    }
    const request = { csr, identity, profile: 'workload' as const, node: agent.node, ...lifetime };
    return certificate(await this.commands.execute(new IssueCertificateCommand(request, context)));
  }

  /** A successor is taken to be where its predecessor was, so that has to be this node. It never changes. */
  async #demandOwn({ node }: AgentCaller, serial: Serial, identity: string): Promise<void> {
    const { events } = await this.ledger.readStream(certificateStream(serial));
    const state = fold(certificateDecider, events);
    const own = state.status !== 'unissued' && state.evidence.node === node && state.identity === identity;
    if (!own) throw new NodeNotEntitledError(`the certificate ${serial} for ${identity}`, node);
  }

  #entitlements(node: NodeName): Entitlements {
    const entitlements = this.placements.on(node).map(({ identity, selectors }) => ({
      spiffeId: identity,
      selectors,
      suspended: this.placements.isSuspended(identity),
    }));
    return { entitlements, position: this.placements.position };
  }
}

const certificate = (issued: FullCertificate): CertificateResponse => ({ certificate: agentCertificate(issued) });
