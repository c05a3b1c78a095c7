import type { Caller } from '@cartulary/access';
import type { QueryOf, routes } from '@cartulary/contracts';
import { parseKeyHash, parseNodeName, parseTimestamp, timestamp } from '@cartulary/domain';
import { Conditions } from '../paging/conditions.js';
import { positionCursor } from '../paging/cursor.js';
import type { Shown } from '../paging/moment.js';
import { parsed, plain } from '../paging/parameters.js';
import { sourceOf } from '../paging/past.js';
import { columnsOf } from '../projection/columns.js';
import { withinReach } from '../scope.js';

export const certificateCursor = positionCursor('certificates');

type Filter = Omit<QueryOf<typeof routes.listCertificates>, 'limit' | 'asOf'> & { readonly limit: number };

/** Newest first, by the position of the issuance: that never changes, so no row moves from page to page. */
export const certificatesStatement = (filter: Filter, caller: Caller, { now, asOf }: Omit<Shown, 'position'>) => {
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
  hasStatus(where, filter.status, now);
  hasProfile(where, filter.profile);
  const sql = `SELECT issued, position, state FROM ${source} ${where.where}
    ORDER BY issued DESC LIMIT ${where.parameter(limit)}`;
  return { sql, parameters: where.parameters };
};

/** Literals where an index is partial: the planner has to see that it applies. */
const hasStatus = (where: Conditions, status: Filter['status'], now: Date): void => {
  switch (status) {
    case undefined:
      return;
    case 'held':
      return void where.literally(`status = 'held'`);
    case 'revoked':
      return void where.literally(`status = 'revoked'`);
    case 'active':
      return void where.literally(`status = 'active'`).add((value) => `not_after >= ${value}`, timestamp(now));
    case 'expired':
      return void where.literally(`status = 'active'`).add((value) => `not_after < ${value}`, timestamp(now));
  }
};

const hasProfile = (where: Conditions, profile: Filter['profile']): void => {
  // Responders get new ones all the time: who wants to see those asks for them.
  if (profile === undefined) where.literally(`profile <> 'ocsp-signing'`);
  if (profile !== undefined && profile !== 'workload') where.literally(`profile <> 'workload'`);
  where.add((value) => `profile = ${value}`, profile);
};
