import type { Caller } from '@cartulary/access';
import type { QueryOf, routes } from '@cartulary/contracts';
import { Conditions } from '../paging/conditions.js';
import { textCursor } from '../paging/cursor.js';
import { withinReach } from '../scope.js';

/** Holds the path alone: with two of the longest segments beside a trust domain, a cursor would grow too long. */
export const identityCursor = (trustDomain: string) => {
  const prefix = `spiffe://${trustDomain}/`;
  const paths = textCursor('identities');
  return {
    of: (id: string): string => paths.of(id.slice(prefix.length)),
    read: (cursor: string | undefined): string | undefined => {
      const path = paths.read(cursor);
      return path === undefined ? undefined : `${prefix}${path}`;
    },
  };
};

interface Filter extends Omit<QueryOf<typeof routes.listIdentities>, 'limit' | 'cursor'> {
  readonly limit: number;
  readonly after: string | undefined;
}

export const identitiesStatement = ({ namespace, status, after, limit }: Filter, caller: Caller) => {
  const where = new Conditions();
  withinReach(caller, where);
  where.add((value) => `namespace = ${value}`, namespace).add((value) => `id > ${value}`, after);
  if (status !== undefined) where.literally(status === 'suspended' ? `status = 'suspended'` : `status = 'active'`);
  const sql = `SELECT id, position, state FROM projections.inventory_identities ${where.where}
    ORDER BY id LIMIT ${where.parameter(limit)}`;
  return { sql, parameters: where.parameters };
};
