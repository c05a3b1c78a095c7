import type { Caller } from '@cartulary/access';
import type { QueryOf, routes } from '@cartulary/contracts';
import { Conditions } from '../paging/conditions.js';
import { positionCursor } from '../paging/cursor.js';

export const tokenCursor = positionCursor('tokens');

type Filter = Omit<QueryOf<typeof routes.listTokens>, 'limit'> & { readonly limit: number };

/** Newest first. A caller limited to namespaces sees the tokens that are limited to those or to some of them. */
export const tokensStatement = ({ cursor, limit }: Filter, caller: Caller) => {
  const where = new Conditions()
    .add((list) => `namespaces <@ ${list}::text[]`, caller.grant.namespaces)
    .add((value) => `created < ${value}`, tokenCursor.read(cursor)?.last);
  const sql = `SELECT created::float8, position::float8, state FROM projections.inventory_tokens ${where.where}
    ORDER BY inventory_tokens.created DESC LIMIT ${where.parameter(limit)}`;
  return { sql, parameters: where.parameters };
};
