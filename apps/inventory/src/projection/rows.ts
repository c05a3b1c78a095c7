import {
  certificateDecider,
  type CrlPublished,
  fold,
  identityDecider,
  parseIdentity,
  type SpiffeId,
  tokenDecider,
} from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';

type History = readonly RecordedEvent[];
const firstPosition = (history: History): number => history[0]?.position ?? 0;
const lastPosition = (history: History): number => history.at(-1)?.position ?? 0;

/** Bumped whenever the rows of the same events become others: what was built by a lower version is built anew. */
export const PROJECTION_VERSION = 1;

/** Rows by the names of the tables' columns. */
export const certificateRow = (history: History, trustDomain: string) => {
  const folded = fold(certificateDecider, history);
  if (folded.status === 'unissued') return undefined;
  const { certificate: _, ...state } = folded;
  return {
    serial: state.serial,
    issued: firstPosition(history),
    position: lastPosition(history),
    ...placeOf(state.identity, trustDomain),
    identity: state.identity,
    node: state.evidence.node,
    profile: state.profile,
    status: state.status,
    issuer_id: state.issuerId,
    key_hash: state.keyHash,
    not_after: state.notAfter,
    state,
  };
};

export const identityRow = (history: History, trustDomain: string) => {
  const state = fold(identityDecider, history);
  if (state.status === 'unregistered') return undefined;
  const { identity: id, status } = state;
  return { id, position: lastPosition(history), ...placeOf(id, trustDomain), status, state };
};

export const tokenRow = (history: History) => {
  const folded = fold(tokenDecider, history);
  if (folded.status === 'unknown') return undefined;
  const { secretHash: _, ...state } = folded;
  const { tokenId, grant } = state;
  return {
    token_id: tokenId,
    created: firstPosition(history),
    position: lastPosition(history),
    namespaces: grant.namespaces,
    state,
  };
};

/** One event tells it all. */
export const publicationRow = ({ data, position }: RecordedEvent) => {
  const { issuerId, signature: _, ...crl } = data as unknown as CrlPublished['data'];
  return { issuer_id: issuerId, position, crl };
};

export interface Versions<Row> {
  readonly newest: Row;
  /** What was true before, each until the position of the event that ended it. */
  readonly past: readonly (Row & { readonly until: number })[];
}

/** A row as it is, and as it was after each event before the last. */
export const versionsOf = <Row extends object>(
  history: History,
  row: (history: History) => Row | undefined,
): Versions<Row> | undefined => {
  const newest = row(history);
  if (!newest) return undefined;
  const past = history.slice(1).flatMap(({ position: until }, index) => {
    const before = row(history.slice(0, index + 1));
    return before ? [{ ...before, until }] : [];
  });
  return { newest, past };
};

const placeOf = (id: SpiffeId | undefined, trustDomain: string): { namespace?: string; system: boolean } => {
  if (id === undefined) return { system: false };
  const identity = parseIdentity(id, trustDomain);
  return identity.kind === 'workload' ? { namespace: identity.namespace, system: false } : { system: true };
};

export type CertificateRow = NonNullable<ReturnType<typeof certificateRow>>;
export type IdentityRow = NonNullable<ReturnType<typeof identityRow>>;
export type TokenRow = NonNullable<ReturnType<typeof tokenRow>>;
export type PublicationRow = ReturnType<typeof publicationRow>;
