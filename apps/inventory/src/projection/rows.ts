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

/** One event tells it all: a publication's stream is long, and only its newest CRL counts. */
export const publicationRow = ({ data, position }: RecordedEvent) => {
  const { issuerId, signature: _, ...crl } = data as unknown as CrlPublished['data'];
  return { issuer_id: issuerId, position, crl };
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
