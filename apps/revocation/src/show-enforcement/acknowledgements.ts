import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Acknowledgement } from '@cartulary/contracts';
import { InvalidValueError, type NodeName } from '@cartulary/domain';
import { Metrics } from '@cartulary/runtime';
import { Database } from '@cartulary/service';

const MOST = 1_000;
/** Contexts (listeners, clusters) that one node is remembered with, each for each issuer. */
const CONTEXTS = 10_000;
const NAME = /^[\x20-\x7e]{0,128}$/;
/** Calls that come in this time are written together. */
const GATHER_MS = 20;
/** CRLs of each context that are remembered: migration 0112 has the same number. */
const REMEMBERED = 16;

const letters = { STATE_DELIVERED: 'd', STATE_ENFORCED: 'e', STATE_REJECTED: 'r', STATE_CANARY_ACCEPTED: 'a' } as const;
type Said = Exclude<Acknowledgement['state'], 'STATE_UNSPECIFIED'>;

interface Row {
  readonly issuer_id: string;
  readonly node: string;
  readonly proxy: string;
  readonly context: string;
  readonly state: (typeof letters)[Said];
  readonly number: number;
}

// The time is Postgres', as the ledger's are: nodes' clocks are not compared with it.
const PUT = `
  INSERT INTO projections.revocation_acknowledgements AS known (issuer_id, node, proxy, context, state, numbers, times)
  SELECT issuer_id, node, proxy, context, state, ARRAY[number], ARRAY[clock_timestamp()]
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::"char"[], $6::bigint[])
    AS row (issuer_id, node, proxy, context, state, number)
  ON CONFLICT (issuer_id, node, proxy, context, state) DO UPDATE SET
    numbers = (EXCLUDED.numbers || known.numbers)[1:${REMEMBERED}],
    times = (EXCLUDED.times || known.times)[1:${REMEMBERED}]
  WHERE EXCLUDED.numbers[1] > known.numbers[1]`;
/** What nodes say of their proxies, written down by whichever replica hears it. */
@Injectable()
export class Acknowledgements implements OnApplicationShutdown {
  readonly #counter;
  readonly #names = new Map<NodeName, Set<string>>();
  #waiting = new Map<string, Row>();
  #writing: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    metrics: Metrics,
  ) {
    this.#counter = metrics.counter('trust_acknowledgements_total', {
      help: 'What agents have said of their proxies',
      labels: ['state'],
    });
  }

  /** Resolves when it is written down. Throws InvalidValueError. */
  async note(node: NodeName, acknowledgements: readonly Acknowledgement[]): Promise<void> {
    if (acknowledgements.length > MOST) throw new InvalidValueError('acknowledgements', `at most ${MOST}`);
    acknowledgements.forEach(demandWellFormed);
    if (acknowledgements.length === 0) return;
    this.#demandRoom(node, acknowledgements);
    for (const { issuerId, number, proxy, context, state } of acknowledgements) {
      if (state === 'STATE_UNSPECIFIED') continue;
      const row = { issuer_id: issuerId, node, proxy, context, state: letters[state], number };
      const key = JSON.stringify([issuerId, node, proxy, context, state]);
      const before = this.#waiting.get(key);
      if (!before || before.number < number) this.#waiting.set(key, row);
      this.#counter.inc({ state: state.slice('STATE_'.length).toLowerCase().replace('_', '-') });
    }
    await this.#written();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#writing?.catch(() => undefined);
  }

  #written(): Promise<void> {
    return (this.#writing ??= this.#write());
  }

  async #write(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
    const rows = [...this.#waiting.values()];
    this.#waiting = new Map();
    this.#writing = undefined;
    const column = (name: keyof Row): unknown[] => rows.map((row) => row[name]);
    // In one order, so that two replicas never wait for one another.
    rows.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
    await this.database.query(PUT, [
      ...[column('issuer_id'), column('node'), column('proxy')],
      ...[column('context'), column('state'), column('number')],
    ]);
  }

  /** A stolen node must not fill the table. Of what came here: another replica has a count of its own. */
  #demandRoom(node: NodeName, acknowledgements: readonly Acknowledgement[]): void {
    const names = this.#names.get(node) ?? new Set<string>();
    for (const { issuerId, proxy, context } of acknowledgements) {
      if (names.size >= CONTEXTS)
        throw new InvalidValueError('acknowledgements', `at most ${CONTEXTS} contexts a node`);
      names.add(JSON.stringify([issuerId, proxy, context]));
    }
    this.#names.set(node, names);
  }
}

const keyOf = ({ issuer_id, node, proxy, context, state }: Row): string =>
  JSON.stringify([issuer_id, node, proxy, context, state]);

const demandWellFormed = ({ issuerId, number, proxy, context, state }: Acknowledgement): void => {
  const wrong =
    (!/^[0-9a-f]{16}$/.test(issuerId) && 'issuerId') ||
    ((!Number.isSafeInteger(number) || number < 0) && 'number') ||
    (!NAME.test(proxy) && 'proxy') ||
    (!NAME.test(context) && 'context') ||
    (state === 'STATE_UNSPECIFIED' && 'state');
  if (wrong) throw new InvalidValueError(wrong, 'not as protobuf/cartulary/v1/trust.proto says');
};
