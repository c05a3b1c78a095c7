import { parseIdentity, type SpiffeId } from '../identity/spiffe-id.js';
import { namespaceOf } from '../rotation/selector.js';
import type { Decider, DomainEvent } from '../shared/decider.js';
import { InvalidValueError } from '../shared/errors.js';
import type { Timestamp } from '../shared/ids.js';
import { demandNamespace, demandPort } from './service-id.js';

/** `permissive`: plain text is accepted beside mutual TLS. */
export type MutualTlsMode = 'disabled' | 'permissive' | 'strict';

/** What a mode is set for: with nothing, the mesh; a port is one of an identity. The narrowest wins. */
export interface MutualTlsScope {
  readonly namespace?: string;
  readonly identity?: SpiffeId;
  readonly port?: number;
}

/** Replaces what was said of the scope before. */
export type MutualTlsSet = DomainEvent<'MutualTlsSet', MutualTlsScope & { mode: MutualTlsMode; setAt: Timestamp }>;
/** The next wider scope's mode holds again. */
export type MutualTlsCleared = DomainEvent<'MutualTlsCleared', MutualTlsScope & { clearedAt: Timestamp }>;
export type MutualTlsEvent = MutualTlsSet | MutualTlsCleared;

export type MutualTlsCommand =
  | {
      readonly type: 'SetMutualTls';
      readonly scope: MutualTlsScope;
      readonly mode: MutualTlsMode;
      readonly now: Timestamp;
    }
  | { readonly type: 'ClearMutualTls'; readonly scope: MutualTlsScope; readonly now: Timestamp };

export type MutualTlsState =
  { readonly status: 'unset' } | { readonly status: 'set'; readonly mode: MutualTlsMode; readonly setAt: Timestamp };

/** Where nothing is set: what nobody has thought of is not open to plain text. */
export const DEFAULT_MUTUAL_TLS: MutualTlsMode = 'strict';

export const mutualTlsDecider: Decider<MutualTlsCommand, MutualTlsEvent, MutualTlsState> = {
  initial: { status: 'unset' },
  decide: (command, state) => {
    const scope = wellFormed(command.scope);
    if (command.type === 'ClearMutualTls') {
      return state.status === 'unset' ? [] : [{ type: 'MutualTlsCleared', data: { ...scope, clearedAt: command.now } }];
    }
    if (state.status === 'set' && state.mode === command.mode) return [];
    return [{ type: 'MutualTlsSet', data: { ...scope, mode: command.mode, setAt: command.now } }];
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'MutualTlsSet':
        return { status: 'set', mode: event.data.mode, setAt: event.data.setAt };
      case 'MutualTlsCleared':
        return { status: 'unset' };
      default:
        return state;
    }
  },
};

/** Names a scope; scopes sort by it, the mesh first. */
export const mutualTlsKey = ({ namespace, identity, port }: MutualTlsScope): string => {
  if (identity !== undefined) return port === undefined ? `workload:${identity}` : `workload:${identity}:${port}`;
  return namespace === undefined ? 'mesh' : `namespace:${namespace}`;
};

/** The mode of one identity's port: set for the port, else the workload, its namespace, the mesh. */
export const mutualTlsOf = (
  modes: ReadonlyMap<string, MutualTlsMode>,
  { identity, port }: { readonly identity: SpiffeId; readonly port?: number },
): MutualTlsMode => {
  const namespace = namespaceOf(identity);
  const scopes: readonly MutualTlsScope[] = [
    ...(port === undefined ? [] : [{ identity, port }]),
    { identity },
    ...(namespace === undefined ? [] : [{ namespace }]),
    {},
  ];
  for (const scope of scopes) {
    const mode = modes.get(mutualTlsKey(scope));
    if (mode) return mode;
  }
  return DEFAULT_MUTUAL_TLS;
};

const strictness: readonly MutualTlsMode[] = ['disabled', 'permissive', 'strict'];

/** A service's mode: of several identities that run it, the strictest one's, so that none is opened by another. */
export const mutualTlsOfService = (
  modes: ReadonlyMap<string, MutualTlsMode>,
  { runs, port }: { readonly runs: readonly SpiffeId[]; readonly port?: number },
): MutualTlsMode => {
  const found = runs.map((identity) =>
    strictness.indexOf(mutualTlsOf(modes, { identity, ...(port === undefined ? {} : { port }) })),
  );
  return strictness[Math.max(...found)] ?? DEFAULT_MUTUAL_TLS;
};

const wellFormed = ({ namespace, identity, port }: MutualTlsScope): MutualTlsScope => {
  if (identity === undefined) {
    if (port !== undefined) throw new InvalidValueError('port', 'a port is one of an identity: give that too');
    if (namespace === undefined) return {};
    demandNamespace(namespace);
    return { namespace };
  }
  if (namespace !== undefined) throw new InvalidValueError('namespace', 'give a namespace or an identity, not both');
  const [, trustDomain = ''] = /^spiffe:\/\/([^/]+)/.exec(identity) ?? [];
  if (parseIdentity(identity, trustDomain).kind !== 'workload') {
    throw new InvalidValueError('identity', `${identity} is not a workload's identity`);
  }
  if (port === undefined) return { identity };
  demandPort(port);
  return { identity, port };
};
