import { Injectable } from '@nestjs/common';
import {
  Authenticator,
  type Caller,
  ForbiddenError,
  UnauthenticatedError,
  CredentialRefusedError,
  WorkloadAuthenticator,
  type WorkloadCaller,
} from '@cartulary/access';
import { type NodeName, parseIdentity, parseNodeName, parseSerial, type Serial, type TokenId } from '@cartulary/domain';
import { Clock, setCaller } from '@cartulary/runtime';
import { Settings } from '../settings.js';
import { authorizationOf, type GrpcCall } from './call.js';
import { RateLimits } from './rate-limits.js';

/** A node's agent, by its certificate. */
export interface AgentCaller {
  readonly caller: Caller;
  readonly node: NodeName;
  readonly serial: Serial;
}

type Knock = Pick<GrpcCall, 'socket' | 'metadata' | 'address'>;

/** Failed attempts of one address: so many a second, and at once. A node behind it may have a bad day. */
const failures = { rate: 5, burst: 200 };

/** Who is calling over gRPC. The ledger is asked on every call, and every credential has its rate. */
@Injectable()
export class GrpcAccess {
  readonly #failures: RateLimits;

  constructor(
    private readonly workloads: WorkloadAuthenticator,
    private readonly authenticator: Authenticator,
    private readonly limits: RateLimits,
    private readonly settings: Settings,
    clock: Clock,
  ) {
    this.#failures = new RateLimits(clock, failures);
  }

  /** By a token of its platform, or its certificate of ours. */
  async workload(call: Knock): Promise<WorkloadCaller> {
    const { socket, address } = call;
    const found = await this.#attempt(address, () =>
      this.workloads.authenticate({ socket, authorization: authorizationOf(call) }),
    );
    this.#enter(found.caller);
    return found;
  }

  async agent({ socket, address }: Knock): Promise<AgentCaller> {
    const caller = await this.#attempt(address, () =>
      this.authenticator.authenticate({ socket, authorization: undefined }),
    );
    this.#enter(caller);
    const identity = parseIdentity(caller.actor.id, this.settings.trustDomain);
    if (caller.grant.role !== 'agent' || identity.kind !== 'system' || identity.role !== 'agent') {
      throw new ForbiddenError('this service is for node agents');
    }
    const serial = parseSerial(caller.actor.credential.slice('certificate:'.length));
    return { caller, node: parseNodeName(identity.name), serial };
  }

  /** Another call on a connection whose stream holds the agent to be good. The ledger is not asked. Throws TOO_MANY_REQUESTS. */
  again({ caller }: AgentCaller): void {
    this.#enter(caller);
  }

  /** A stream goes on for long: whether its agent is still good is asked again. */
  async stillGood({ socket }: Pick<Knock, 'socket'>): Promise<void> {
    await this.authenticator.authenticate({ socket, authorization: undefined });
  }

  async joining({ address }: Knock, joinToken: string): Promise<{ tokenId: TokenId; node: NodeName }> {
    return this.#attempt(address, () => this.authenticator.joining(joinToken));
  }

  #enter({ actor }: Caller): void {
    setCaller(actor.id);
    // Tokens come and go: what has a rate is whom they are for.
    this.limits.spend(actor.id);
  }

  async #attempt<T>(address: string, authenticate: () => Promise<T>): Promise<T> {
    this.#failures.demand(address);
    try {
      return await authenticate();
    } catch (error) {
      if (error instanceof UnauthenticatedError || error instanceof CredentialRefusedError) {
        this.#failures.spend(address);
      }
      throw error;
    }
  }
}
