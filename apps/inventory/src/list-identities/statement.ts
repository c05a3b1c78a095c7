import type { Caller } from '@cartulary/access';
import type { QueryOf, routes } from '@cartulary/contracts';
import { Conditions } from '../paging/conditions.js';
import { type Place, textCursor } from '../paging/cursor.js';
import { sourceOf } from '../paging/past.js';
import { columnsOf } from '../projection/columns.js';
import { withinReach } from '../scope.js';

/** Holds the path alone: with two of the longest segments beside a trust domain, a cursor would grow too long. */
export const identityCursor = (trustDomain: string) => {
  const prefix = `spiffe://${trustDomain}/`;
  const paths = textCursor('identities');
  return {
    of: (id: string, asOf?: number): string => paths.of(id.slice(prefix.length), asOf),
    read: (cursor: string | undefined): Place<string> | undefined => {
      const place = paths.read(cursor);
      return place && { ...place, last: `${prefix}${place.last}` };
    },
  };
};

interface Filter extends Omit<QueryOf<typeof routes.listIdentities>, 'limit' | 'cursor' | 'asOf'> {
  readonly limit: number;
  readonly asOf?: number | undefined;
  readonly after: string | undefined;
}

export const identitiesStatement = ({ namespace, status, asOf, after, limit }: Filter, caller: Caller) => {
  const where = new Conditions();
  const source = sourceOf('identities', columnsOf('identities').join(', '), asOf, where);
  withinReach(caller, where);
  where.add((value) => `namespace = ${value}`, namespace).add((value) => `id > ${value}`, after);
  if (status !== undefined) where.literally(status === 'suspended' ? `status = 'suspended'` : `status = 'active'`);
  const sql = `SELECT id, position, state FROM ${source} ${where.where}
    ORDER BY id LIMIT ${where.parameter(limit)}`;
  return { sql, parameters: where.parameters };
};
