import { parseIdentity, type SpiffeId } from '../identity/spiffe-id.js';
import type { Decider, DomainEvent } from '../shared/decider.js';
import { InvalidValueError, LifecycleError } from '../shared/errors.js';
import type { NodeName, Timestamp } from '../shared/ids.js';

/** Fits a process that has everything that is set here. */
export interface Selector {
  readonly uid?: number;
  readonly gid?: number;
  /** Absolute path of the executable. */
  readonly path?: string;
}

/**
 * One identity on one node: the node's agent may ask for it, for processes that fit a selector. Of another stream than
 * the identity's: one that is on a thousand nodes is issued for without reading of all of them.
 */
export type IdentityPlaced = DomainEvent<
  'IdentityPlaced',
  { identity: SpiffeId; node: NodeName; selectors: readonly Selector[]; placedAt: Timestamp }
>;
export type IdentityDisplaced = DomainEvent<
  'IdentityDisplaced',
  { identity: SpiffeId; node: NodeName; displacedAt: Timestamp }
>;
export type PlacementEvent = IdentityPlaced | IdentityDisplaced;

interface Place {
  readonly identity: SpiffeId;
  readonly node: NodeName;
  readonly now: Timestamp;
}
export type PlacementCommand =
  | ({ readonly type: 'PlaceIdentity'; readonly selectors: readonly Selector[] } & Place)
  | ({ readonly type: 'DisplaceIdentity' } & Place);

export type PlacementState =
  { readonly status: 'absent' } | ({ readonly status: 'placed' } & Readonly<IdentityPlaced['data']>);

export class IdentityNotPlaceableError extends LifecycleError {
  readonly code = 'IDENTITY_NOT_PLACEABLE';
  constructor(identity: string) {
    super(`${identity} is not a workload's: agents never ask for it`);
  }
}
/** The credential is a node's, and the identity is not placed there. */
export class NodeNotEntitledError extends LifecycleError {
  readonly code = 'NODE_NOT_ENTITLED';
  constructor(identity: string, node: string | undefined) {
    super(
      `${identity} is not placed on ${node === undefined ? 'a node that the credential names' : `the node ${node}`}`,
    );
  }
}

const MAX_SELECTORS = 16;
const MAX_PATH = 1_024;
const MAX_ID = 0xffff_ffff;

export const placementDecider: Decider<PlacementCommand, PlacementEvent, PlacementState> = {
  initial: { status: 'absent' },
  decide: (command, state) => {
    const { identity, node, now } = command;
    if (command.type === 'DisplaceIdentity') {
      return state.status === 'absent'
        ? []
        : [{ type: 'IdentityDisplaced', data: { identity, node, displacedAt: now } }];
    }
    demandWorkload(identity);
    const selectors = wellFormed(command.selectors);
    if (state.status === 'placed' && same(state.selectors, selectors)) return [];
    return [{ type: 'IdentityPlaced', data: { identity, node, selectors, placedAt: now } }];
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'IdentityPlaced':
        return { ...event.data, status: 'placed' };
      case 'IdentityDisplaced':
        return { status: 'absent' };
      default:
        return state;
    }
  },
};

/** Our own operators, agents and services get their certificates otherwise. */
const demandWorkload = (identity: SpiffeId): void => {
  const [, trustDomain = ''] = /^spiffe:\/\/([^/]+)/.exec(identity) ?? [];
  if (parseIdentity(identity, trustDomain).kind !== 'workload') throw new IdentityNotPlaceableError(identity);
};

/** Each with the members that it has, in one order. */
const wellFormed = (selectors: readonly Selector[]): readonly Selector[] => {
  if (selectors.length > MAX_SELECTORS) throw new InvalidValueError('selectors', `at most ${MAX_SELECTORS}`);
  return selectors.map(({ uid, gid, path }) => {
    if (uid === undefined && gid === undefined && path === undefined) {
      throw new InvalidValueError('selectors', 'a selector has a uid, a gid or a path: one with nothing fits nobody');
    }
    for (const id of [uid, gid]) {
      if (id !== undefined && (!Number.isInteger(id) || id < 0 || id > MAX_ID)) {
        throw new InvalidValueError('selectors', 'uid and gid are whole numbers of 32 bits');
      }
    }
    if (path !== undefined && !isPath(path)) {
      throw new InvalidValueError('selectors', `a path is absolute, and at most ${MAX_PATH} characters`);
    }
    return {
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
      ...(path === undefined ? {} : { path }),
    };
  });
};

const isPath = (path: string): boolean => path.startsWith('/') && path.length <= MAX_PATH && !/[\0-\x1f]/.test(path);

const same = (some: readonly Selector[], others: readonly Selector[]): boolean =>
  some.length === others.length &&
  some.every(({ uid, gid, path }, index) => {
    const other = others[index];
    return uid === other?.uid && gid === other?.gid && path === other?.path;
  });
