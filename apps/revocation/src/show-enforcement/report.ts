import type { Enforcement } from '@cartulary/contracts';

/** One node whose agent has been here. */
export interface AgentRow {
  readonly node: string;
  /** It holds a stream. */
  readonly present: boolean;
  /** When it was last heard of, where it is away. */
  readonly since: Date;
}

/** One listener or cluster of a proxy, and when it was first said to have the CRL or a newer one. */
export interface ContextRow {
  readonly node: string;
  readonly proxy: string;
  readonly context: string;
  readonly delivered: Date | null;
  readonly enforced: Date | null;
  readonly rejected: Date | null;
  /** When it was last seen to enforce it or a newer one. */
  readonly seen?: Date | null;
  /** When it was last seen to accept a canary of it or a newer one. */
  readonly accepted?: Date | null;
}

type Straggler = Enforcement['stragglers'][number];
type Figures = Pick<Enforcement, 'nodes' | 'proxies' | 'delivered' | 'enforced' | 'stragglers' | 'moreStragglers'>;

const NAMED = 1_000;

/** Who has a CRL, who was seen to enforce it, after how long, and who not. Those that are away are named first. */
export const enforcementOf = (agents: readonly AgentRow[], contexts: readonly ContextRow[], since: Date): Figures => {
  const byProxy = new Map<string, ContextRow[]>();
  for (const row of contexts) {
    const key = JSON.stringify([row.node, row.proxy]);
    byProxy.set(key, [...(byProxy.get(key) ?? []), row]);
  }
  const proxies = [...byProxy.values()];
  const silent = new Set(agents.map(({ node }) => node));
  contexts.forEach(({ node }) => silent.delete(node));
  const away = agents.filter(({ present }) => !present);
  const stragglers: Straggler[] = [
    ...away.map(({ node, since: last }) => ({ node, why: 'away' as const, since: last.toISOString() })),
    ...agents
      .filter(({ node, present }) => present && silent.has(node))
      .map(({ node }) => ({ node, why: 'not-delivered' as const })),
    ...contexts.flatMap(stragglerIn),
  ];
  return {
    nodes: { known: agents.length, present: agents.length - away.length },
    proxies: proxies.length,
    delivered: reached(proxies, 'delivered', since),
    enforced: reached(proxies, 'enforced', since),
    stragglers: stragglers.slice(0, NAMED),
    moreStragglers: Math.max(0, stragglers.length - NAMED),
  };
};

const stragglerIn = (row: ContextRow): Straggler[] => {
  const { node, proxy, context, delivered, enforced, rejected, accepted } = row;
  const named = { node, proxy, context };
  if (accepted && letsIn(row)) return [{ ...named, why: 'canary-accepted', since: accepted.toISOString() }];
  // What was refused first and enforced later is enforced, and the other way round it is not any more.
  if (rejected && (!enforced || rejected > enforced)) {
    return [{ ...named, why: 'rejected', since: rejected.toISOString() }];
  }
  if (enforced) return [];
  if (delivered) return [{ ...named, why: 'not-enforced', since: delivered.toISOString() }];
  return [{ ...named, why: 'not-delivered' }];
};

/** It was seen to let a canary in, and not to refuse one since. */
const letsIn = ({ accepted, enforced, seen }: ContextRow): boolean => {
  const last = seen ?? enforced;
  return Boolean(accepted) && (!last || accepted! > last);
};

/** A proxy has it when the last of its contexts has. */
const reached = (
  proxies: readonly (readonly ContextRow[])[],
  state: 'delivered' | 'enforced',
  since: Date,
): Figures['delivered'] => {
  const delays = proxies
    .flatMap((rows) => {
      const times = rows.map((row) => timeOf(row, state));
      if (times.some((time) => time === undefined)) return [];
      return [Math.max(0, Math.max(...(times as number[])) - since.getTime())];
    })
    .sort((one, other) => one - other);
  const percentile = (share: number): number => delays[Math.ceil(share * delays.length) - 1] ?? 0;
  return { proxies: delays.length, ...(delays.length > 0 && { p50: percentile(0.5), p99: percentile(0.99) }) };
};

/** What is enforced has been delivered, even where nobody said so. */
const timeOf = (row: ContextRow, state: 'delivered' | 'enforced'): number | undefined => {
  if (row.rejected && (!row.enforced || row.rejected > row.enforced)) return undefined;
  if (state === 'enforced' && letsIn(row)) return undefined;
  return (state === 'enforced' ? row.enforced : (row.delivered ?? row.enforced))?.getTime();
};
