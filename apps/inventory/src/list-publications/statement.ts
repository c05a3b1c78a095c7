import type { QueryOf, routes } from '@cartulary/contracts';
import { Conditions } from '../paging/conditions.js';
import { positionCursor } from '../paging/cursor.js';

export const publicationCursor = positionCursor('publications');

type Filter = Omit<QueryOf<typeof routes.listPublications>, 'limit'> & { readonly limit: number };

/** Newest first. */
export const publicationsStatement = ({ issuerId, cursor, limit }: Filter) => {
  const where = new Conditions()
    .add((value) => `issuer_id = ${value}`, issuerId)
    .add((value) => `position < ${value}`, publicationCursor.read(cursor)?.last);
  const sql = `SELECT issuer_id, position::float8, crl FROM projections.inventory_publications ${where.where}
    ORDER BY inventory_publications.position DESC LIMIT ${where.parameter(limit)}`;
  return { sql, parameters: where.parameters };
};
