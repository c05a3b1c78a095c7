import { Injectable } from '@nestjs/common';
import type { Acknowledgement } from '@cartulary/contracts';
import { InvalidValueError, type NodeName } from '@cartulary/domain';
import { Metrics } from '@cartulary/runtime';

const MOST = 1_000;
/** Contexts (listeners, clusters) that one node is remembered with. */
const CONTEXTS = 10_000;
const NAME = /^[\x20-\x7e]{0,128}$/;

export type Noted = Omit<Acknowledgement, 'at'> & { readonly node: NodeName };

/**
 * What nodes have said of their proxies, the newest of each context. In memory, of the nodes whose calls come here; an
 * agent says it again when it calls another replica.
 */
@Injectable()
export class Acknowledgements {
  readonly #byNode = new Map<NodeName, Map<string, Noted>>();

  constructor(private readonly metrics: Metrics) {}

  /** Throws InvalidValueError. */
  note(node: NodeName, acknowledgements: readonly Acknowledgement[]): void {
    if (acknowledgements.length > MOST) throw new InvalidValueError('acknowledgements', `at most ${MOST}`);
    acknowledgements.forEach(demandWellFormed);
    const known = this.#byNode.get(node) ?? new Map<string, Noted>();
    this.#byNode.set(node, known);
    const counter = this.metrics.counter('trust_acknowledgements_total', {
      help: 'What agents have said of their proxies',
      labels: ['state'],
    });
    for (const { issuerId, number, proxy, context, state } of acknowledgements) {
      const key = JSON.stringify([issuerId, proxy, context, state]);
      const before = known.get(key);
      if (before && before.number > number) continue;
      known.delete(key);
      known.set(key, { issuerId, number, proxy, context, state, node });
      const oldest = known.keys().next();
      if (known.size > CONTEXTS && !oldest.done) known.delete(oldest.value);
      counter.inc({ state: state.slice('STATE_'.length).toLowerCase() });
    }
  }

  /** Of all nodes, for one issuer. */
  of(issuerId: string): readonly Noted[] {
    return [...this.#byNode.values()].flatMap((known) =>
      [...known.values()].filter((one) => one.issuerId === issuerId),
    );
  }
}

const demandWellFormed = ({ issuerId, number, proxy, context, state }: Acknowledgement): void => {
  const wrong =
    (!/^[0-9a-f]{16}$/.test(issuerId) && 'issuerId') ||
    ((!Number.isSafeInteger(number) || number < 0) && 'number') ||
    (!NAME.test(proxy) && 'proxy') ||
    (!NAME.test(context) && 'context') ||
    (state === 'STATE_UNSPECIFIED' && 'state');
  if (wrong) throw new InvalidValueError(wrong, 'not as protobuf/cartulary/v1/trust.proto says');
};
