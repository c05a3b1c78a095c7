import type {
  CanaryMessage,
  CrlMessage,
  RotationMessage,
  ServiceRulesMessage,
  StreamTrustRequest,
  StreamTrustResponse,
} from '@cartulary/contracts';
import type { ServiceRules } from '../rule-services/service-rules.js';
import type { TrustFeed } from './trust-feed.js';

/** Octets of CRLs in one message: what is larger goes by itself. */
const TOGETHER = 1_000_000;

export interface NodeView {
  /** The placed identities of the node that are suspended. */
  suspended(): readonly string[];
  /** Of the services that the placed identities run or may call. */
  services(): readonly ServiceRules[];
  /** Orders under way that mean certificates of the node. */
  rotations(): readonly RotationMessage[];
  /** Of CRLs that are out. */
  canaries?(): readonly CanaryMessage[];
}

type Message = Partial<StreamTrustResponse>;

/** What one stream has been told, and so what it lacks. */
export class TrustSession {
  readonly #numbers = new Map<string, number>();
  readonly #held: ReadonlyMap<string, number>;
  #bundle = -1;
  #suspended: string | undefined;
  #services: string | undefined;
  readonly #rotations = new Set<string>();
  readonly #canaries = new Map<string, number>();
  readonly #asksCanaries: boolean;
  #told: number;
  #complete = false;

  constructor(
    private readonly feed: Pick<TrustFeed, 'bundle' | 'crls' | 'position' | 'revocationsAfter'>,
    private readonly node: NodeView,
    { held, canaries = false }: StreamTrustRequest,
  ) {
    this.#asksCanaries = canaries;
    this.#held = new Map(held.map(({ issuerId, number }) => [issuerId, number]));
    // What was revoked before is in the CRLs that it gets, or in the next ones.
    this.#told = feed.position;
  }

  /** Everything that has changed since the last time; nothing at all, when nothing has. */
  *lacking(): Generator<StreamTrustResponse> {
    const { position } = this.feed;
    const messages = [...this.#small(position), ...this.#crls(), ...this.#newCanaries()];
    if (!this.#complete && messages.length === 0) messages.push({});
    for (const [index, message] of messages.entries()) {
      if (index === messages.length - 1) this.#complete = true;
      yield { position, complete: this.#complete, ...message };
    }
  }

  /** What is urgent comes first, and is small. */
  *#small(position: number): Generator<Message> {
    const message: Record<string, unknown> = {};
    const revocations = this.feed.revocationsAfter(this.#told);
    if (revocations.length > 0) message['revocations'] = revocations;
    this.#told = position;
    const bundle = this.feed.bundle();
    if (bundle.sequence !== this.#bundle) message['bundle'] = bundle;
    this.#bundle = bundle.sequence;
    const suspended = [...this.node.suspended()].sort();
    const spiffeIds = suspended.join('\n');
    if (spiffeIds !== this.#suspended) message['suspensions'] = { spiffeIds: suspended };
    this.#suspended = spiffeIds;
    const rotations = this.node.rotations().filter(({ rotationId }) => !this.#rotations.has(rotationId));
    rotations.forEach(({ rotationId }) => this.#rotations.add(rotationId));
    if (rotations.length > 0) message['rotations'] = rotations;
    const rules = this.node.services().map(ruleMessage);
    const services = JSON.stringify(rules);
    if (services !== this.#services) message['services'] = { rules };
    this.#services = services;
    if (Object.keys(message).length > 0) yield message as Message;
  }

  #crls(): Message[] {
    const current = this.feed.crls();
    const live = new Set<string>(current.map(({ issuerId }) => issuerId));
    const ended = [...this.#numbers.keys()].filter((issuerId) => !live.has(issuerId));
    ended.forEach((issuerId) => this.#numbers.delete(issuerId));
    const changed = current.filter(({ issuerId, number }) => this.#numbers.get(issuerId) !== number);
    changed.forEach(({ issuerId, number }) => this.#numbers.set(issuerId, number));
    const crls = changed.map(({ message }) => this.#withoutHeld(message()));
    return [...(ended.length > 0 ? [{ endedIssuers: ended }] : []), ...batched(crls)];
  }

  /** Behind the CRL that lists it: this stream has told of that, or of a newer one. */
  #newCanaries(): Message[] {
    const all = this.#asksCanaries ? (this.node.canaries?.() ?? []) : [];
    const canaries = all.filter(
      ({ issuerId, number }) =>
        (this.#numbers.get(issuerId) ?? -1) >= number && this.#canaries.get(issuerId) !== number,
    );
    canaries.forEach(({ issuerId, number }) => this.#canaries.set(issuerId, number));
    return canaries.length > 0 ? [{ canaries }] : [];
  }

  #withoutHeld(crl: CrlMessage): CrlMessage {
    return this.#held.get(crl.issuerId) === crl.number ? { ...crl, der: Buffer.alloc(0) } : crl;
  }
}

const modes = { disabled: 'MODE_DISABLED', permissive: 'MODE_PERMISSIVE', strict: 'MODE_STRICT' } as const;

const ruleMessage = ({ mode, ...rule }: ServiceRules): ServiceRulesMessage => ({ ...rule, mode: modes[mode] });

/** A few small ones together, a large one alone. */
const batched = (crls: readonly CrlMessage[]): Message[] => {
  const batches: CrlMessage[][] = [];
  let size = Infinity;
  for (const crl of crls) {
    const batch = batches.at(-1);
    if (batch && size + crl.der.length <= TOGETHER) batch.push(crl);
    else batches.push([crl]);
    size = (size + crl.der.length <= TOGETHER ? size : 0) + crl.der.length;
  }
  return batches.map((batch) => ({ crls: batch }));
};
