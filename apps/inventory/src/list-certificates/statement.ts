import type { Caller } from '@cartulary/access';
import type { QueryOf, routes } from '@cartulary/contracts';
import {
  type IssuerId,
  parseKeyHash,
  parseNodeName,
  parseTimestamp,
  type Timestamp,
  timestamp,
} from '@cartulary/domain';
import { Conditions } from '../paging/conditions.js';
import { positionCursor } from '../paging/cursor.js';
import type { Shown } from '../paging/moment.js';
import { parsed, plain } from '../paging/parameters.js';
import { sourceOf } from '../paging/past.js';
import { columnsOf } from '../projection/columns.js';
import { withinReach } from '../scope.js';

export const certificateCursor = positionCursor('certificates');

type Filter = Omit<QueryOf<typeof routes.listCertificates>, 'limit' | 'asOf'> & { readonly limit: number };

/** An issuer that was cut off takes along what was valid then. */
interface CutOff {
  readonly issuerId: IssuerId;
  readonly revokedAt: Timestamp;
}
type Seen = Omit<Shown, 'position'> & { readonly cutOff?: readonly CutOff[] };

/** Newest first, by the position of the issuance: that never changes, so no row moves from page to page. */
export const certificatesStatement = (filter: Filter, caller: Caller, { now, asOf, cutOff = [] }: Seen) => {
  const { identity, namespace, issuerId, keyHash, node, expiresBefore, expiresAfter, cursor, limit } = filter;
  const where = new Conditions();
  const source = sourceOf('certificates', columnsOf('certificates').join(', '), asOf, where);
  withinReach(caller, where);
  where
    .add((value) => `identity = ${value}`, plain('identity', identity))
    .add((value) => `namespace = ${value}`, namespace)
    .add((value) => `issuer_id = ${value}`, issuerId)
    .add((value) => `key_hash = decode(${value}, 'hex')`, parsed('keyHash', keyHash, parseKeyHash))
    .add((value) => `node = ${value}`, parsed('node', node, parseNodeName))
    .add((value) => `not_after < ${value}`, parsed('expiresBefore', expiresBefore, parseTimestamp))
    .add((value) => `not_after > ${value}`, parsed('expiresAfter', expiresAfter, parseTimestamp))
    // What was issued since is not looked at, however much that is.
    .add((value) => `issued <= ${value}`, asOf)
    .add((value) => `issued < ${value}`, certificateCursor.read(cursor)?.last);
  hasStatus(where, filter.status, now, cutOff);
  hasProfile(where, filter.profile);
  const sql = `SELECT issued, position, state FROM ${source} ${where.where}
    ORDER BY issued DESC LIMIT ${where.parameter(limit)}`;
  return { sql, parameters: where.parameters };
};

/** Literals where an index is partial: the planner has to see that it applies. */
const hasStatus = (where: Conditions, status: Filter['status'], now: Date, cutOff: readonly CutOff[]): void => {
  if (status === undefined) return;
  const withIssuer = cutOff.map(({ issuerId, revokedAt }) => {
    return `(issuer_id = ${where.parameter(issuerId)} AND not_after >= ${where.parameter(revokedAt)})`;
  });
  if (status === 'revoked') return void where.literally(anyOf(`status = 'revoked'`, ...withIssuer));
  for (const taken of withIssuer) where.literally(`NOT ${taken}`);
  if (status === 'held') return void where.literally(`status = 'held'`);
  const ends = (value: string): string => `not_after ${status === 'active' ? '>=' : '<'} ${value}`;
  where.literally(`status = 'active'`).add(ends, timestamp(now));
};

const anyOf = (...conditions: readonly string[]): string =>
  conditions.length === 1 ? conditions.join('') : `(${conditions.join(' OR ')})`;

const hasProfile = (where: Conditions, profile: Filter['profile']): void => {
  // Responders get new ones all the time, and CRLs have canaries: who wants to see those asks for them.
  if (profile === undefined) where.literally(`profile <> 'ocsp-signing' AND profile <> 'canary'`);
  if (profile !== undefined && profile !== 'workload') where.literally(`profile <> 'workload'`);
  where.add((value) => `profile = ${value}`, profile);
};
