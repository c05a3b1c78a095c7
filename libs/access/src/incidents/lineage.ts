import {
  type Ancestor,
  type Ancestry,
  type CertificateIssued,
  certificateStream,
  noAncestry,
  selectableOf,
  type Serial,
  type Timestamp,
  type TokenId,
  tokenStream,
} from '@cartulary/domain';
import type { Ledger, RecordedEvent } from '@cartulary/ledger';

interface Link {
  readonly position: number;
  readonly ancestor?: Ancestor;
  readonly parents: readonly string[];
}

const CAPACITY = 100_000;

/** Where credentials come from, link by link. What is once known never changes, so it is read once. */
export class Lineage {
  readonly #links = new Map<string, Link>();

  constructor(private readonly ledger: Pick<Ledger, 'readStreams'>) {}

  /** Of `certificate:<serial>` or `token:<id>`, as events name them. */
  async of(credential: string): Promise<Ancestry> {
    const met = new Map<string, Link>();
    for (let frontier = [credential]; frontier.length > 0;) {
      const links = await this.#linksOf(frontier);
      for (const [name, link] of links) met.set(name, link);
      const parents = [...links.values()].flatMap((link) => link.parents);
      frontier = [...new Set(parents)].filter((parent) => !met.has(parent));
    }
    const first = met.get(credential);
    if (!first) return noAncestry;
    const ancestors = [...met.values()].flatMap(({ ancestor }) => ancestor ?? []);
    return { ancestors, since: first.position };
  }

  async #linksOf(credentials: readonly string[]): Promise<Map<string, Link>> {
    const missing = new Map<string, string>();
    const links = new Map<string, Link>();
    for (const credential of credentials) {
      const known = this.#links.get(credential);
      const stream = streamOfCredential(credential);
      if (known) links.set(credential, known);
      else if (stream) missing.set(stream, credential);
    }
    if (missing.size === 0) return links;
    for (const [stream, { events }] of await this.ledger.readStreams([...missing.keys()])) {
      const credential = missing.get(stream);
      const [first] = events;
      if (!credential || !first) continue;
      if (this.#links.size >= CAPACITY) this.#links.clear();
      this.#links.set(credential, linkOf(first));
      links.set(credential, linkOf(first));
    }
    return links;
  }
}

/** Undefined for the services themselves (`system`). */
export const streamOfCredential = (credential: string): string | undefined => {
  const [, kind, id = ''] = /^(certificate|token):(.+)$/.exec(credential) ?? [];
  if (kind === 'certificate') return certificateStream(id as Serial);
  return kind === 'token' ? tokenStream(id as TokenId) : undefined;
};

const linkOf = (first: RecordedEvent): Link => {
  const { position, type, actor } = first;
  if (type !== 'CertificateIssued') return { position, parents: [actor.credential] };
  const data = first.data as unknown as CertificateIssued['data'];
  const { predecessor, evidence = { credential: actor.credential } } = data as Partial<CertificateIssued['data']>;
  const ancestor = { ...selectableOf({ ...data, evidence } as typeof data, first.recordedAt as Timestamp), position };
  return { position, ancestor, parents: [evidence.credential, ...(predecessor ? [`certificate:${predecessor}`] : [])] };
};
