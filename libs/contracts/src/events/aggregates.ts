/** The aggregates whose events have a topic of their own; a stream's name begins with its aggregate. */
export const aggregates = [
  'certificate',
  'gate',
  'identity',
  'incident',
  'key',
  'issuer',
  'mutual-tls',
  'placement',
  'publication',
  'restoration',
  'rotation',
  'service',
  'token',
  'trust-domain',
] as const;
export type Aggregate = (typeof aggregates)[number];

/** `trust-domain-cluster.local` → `trust-domain`; undefined for a stream of no aggregate that is known here. */
export const aggregateOf = (stream: string): Aggregate | undefined =>
  aggregates.find((aggregate) => stream.startsWith(`${aggregate}-`));
