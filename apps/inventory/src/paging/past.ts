import type { Conditions } from './conditions.js';

/** Beyond every position: what is true is true until then. */
const NEVER = '9223372036854775807::bigint';

/**
 * Where a list is read from: what is, or what was at a position. In the past a row is one of the present that is old
 * enough, or one that was still true then; both have the same indexes. The conditions stand outside: Postgres merges
 * the two by their indexes only when neither has one of its own.
 */
export const sourceOf = (
  kind: 'certificates' | 'identities',
  columns: string,
  asOf: number | undefined,
  where: Conditions,
): string => {
  const table = `projections.inventory_${kind}`;
  if (asOf === undefined) return table;
  where.add((then) => `position <= ${then}`, asOf).add((then) => `until > ${then}`, asOf);
  return `(SELECT ${columns}, ${NEVER} AS until FROM ${table}
    UNION ALL SELECT ${columns}, until FROM ${table}_past) AS ${kind}`;
};
