import { Socket } from 'node:net';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  type AcknowledgeRequest,
  grpcServices,
  type StreamTrustRequest,
  type StreamTrustResponse,
} from '@cartulary/contracts';
import { timestamp } from '@cartulary/domain';
import { Clock } from '@cartulary/runtime';
import {
  type AgentCaller,
  Changes,
  GrpcAccess,
  type GrpcCall,
  GrpcServer,
  type GrpcStream,
  IssuerDirectory,
  Placements,
} from '@cartulary/service';
import { ServiceRulesDirectory } from '../rule-services/service-rules.js';
import { Acknowledgements } from '../show-enforcement/acknowledgements.js';
import { Presence } from '../show-enforcement/presence.js';
import { CanaryFeed } from './canary-feed.js';
import { RotationOrders } from './rotation-orders.js';
import { TrustFeed } from './trust-feed.js';
import { TrustSession } from './trust-session.js';

/** A stream says at least this often how far it is, and its agent's certificate is looked at. */
const BEAT_MS = 15_000;

/** cartulary.v1.TrustService: what nodes hear of trust, at once. */
@Injectable()
export class TrustStreams implements OnModuleInit {
  /** Whose streams are open, by their connections. What is said on the same connection is said by the same agent. */
  readonly #streaming = new WeakMap<object, AgentCaller>();

  constructor(
    private readonly server: GrpcServer,
    private readonly access: GrpcAccess,
    private readonly feed: TrustFeed,
    private readonly placements: Placements,
    private readonly issuers: IssuerDirectory,
    private readonly rules: ServiceRulesDirectory,
    private readonly rotations: RotationOrders,
    private readonly acknowledgements: Acknowledgements,
    private readonly presence: Presence,
    private readonly canaries: CanaryFeed,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.server.add(grpcServices.trust, {
      streamTrust: (call: GrpcCall<StreamTrustRequest>, stream: GrpcStream<StreamTrustResponse>) =>
        this.streamTrust(call, stream),
      acknowledge: (call: GrpcCall<AcknowledgeRequest>) => this.acknowledge(call),
    });
  }

  async streamTrust(call: GrpcCall<StreamTrustRequest>, stream: GrpcStream<StreamTrustResponse>): Promise<void> {
    const agent = await this.access.agent(call);
    await Promise.all([this.feed.caughtUp, this.placements.caughtUp, this.rules.caughtUp]);
    const { node } = agent;
    const suspended = () =>
      this.placements.on(node).flatMap(({ identity }) => (this.placements.isSuspended(identity) ? [identity] : []));
    const services = () => this.rules.concerning(this.placements.on(node).map(({ identity }) => identity));
    const session = new TrustSession(
      this.feed,
      {
        ...{ suspended, services, rotations: () => this.rotations.of(node) },
        canaries: () => this.canaries.all(),
      },
      call.request,
    );
    if (!(call.socket instanceof Socket)) throw new TypeError('a stream without a socket');
    const { socket } = call;
    const gone = this.presence.open(node, socket, call.request.canaries);
    this.#streaming.set(socket, agent);
    const changes = new Changes(call.signal);
    let beat = false;
    const beating = setInterval(() => {
      beat = true;
      changes.note();
    }, BEAT_MS).unref();
    const note = (): void => changes.note();
    const unlisten = [
      this.feed.onChange(note),
      this.placements.onChange(node, note),
      this.rules.onChange(note),
      this.rotations.onChange(note),
      ...(call.request.canaries ? [this.canaries.onChange(note)] : []),
    ];
    let seen = this.feed.position;
    try {
      for (const message of session.lacking()) await stream.send(message);
      while (await changes.next()) {
        await this.#demandGood(agent, call, seen);
        seen = this.feed.position;
        let told = false;
        for (const message of session.lacking()) {
          await stream.send(message);
          told = true;
        }
        if (beat && !told) await stream.send({ position: this.feed.position, complete: true });
        beat = false;
      }
    } finally {
      gone();
      this.#streaming.delete(socket);
      clearInterval(beating);
      unlisten.forEach((end) => end());
    }
  }

  async acknowledge(call: GrpcCall<AcknowledgeRequest>): Promise<object> {
    const { node } = await this.#speaking(call);
    await this.acknowledgements.note(node, call.request.acknowledgements);
    return {};
  }

  /** Thousands acknowledge each CRL at once: an agent whose stream is open is known, and the stream ends when it is not good any more. */
  async #speaking(call: GrpcCall): Promise<AgentCaller> {
    const known = this.#streaming.get(call.socket as object);
    if (!known || this.#isOver(known)) return this.access.agent(call);
    this.access.again(known);
    return known;
  }

  #isOver({ caller }: AgentCaller): boolean {
    return caller.expiresAt !== undefined && timestamp(this.clock.now()) > caller.expiresAt;
  }

  /**
   * Thousands of streams must not all ask the ledger at each revocation: it is asked when what has been folded gives a
   * reason to. It then says what is wrong.
   */
  async #demandGood(agent: AgentCaller, call: GrpcCall, seen: number): Promise<void> {
    const { caller, serial } = agent;
    const over = this.#isOver(agent);
    const hit = this.feed.revocationsAfter(seen).some((one) => one.serial === serial);
    const suspended = this.placements.isSuspended(caller.actor.id as never);
    const cutOff = this.issuers.all().some(({ purpose, status }) => purpose === 'system' && status === 'compromised');
    if (over || hit || suspended || cutOff) await this.access.stillGood(call);
  }
}
