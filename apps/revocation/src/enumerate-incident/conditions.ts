import { type IncidentSelector, selectsDelegates } from '@cartulary/domain';

export interface Conditions {
  /** Over the columns of projections.revocation_certificates. */
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** `isHit`, for the database: parameters are numbered from `first`. */
export const conditionsOf = (selector: IncidentSelector, first: number): Conditions => {
  const { keyHash, serials, identity, namespace, node, issuerId, issuedBetween } = selector;
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${values.push(value) + first - 1}`;
  const parts = [
    ...(selectsDelegates(selector) ? [] : ['NOT delegate']),
    ...(keyHash === undefined ? [] : [`key_hash = decode(${parameter(keyHash)}, 'hex')`]),
    ...(serials === undefined ? [] : [`serial = ANY (${parameter(serials)}::text[])`]),
    ...(identity === undefined ? [] : [`identity = ${parameter(identity)}`]),
    ...(namespace === undefined ? [] : [`namespace = ${parameter(namespace)}`]),
    ...(node === undefined ? [] : [`node = ${parameter(node)}`]),
    ...(issuerId === undefined ? [] : [`issuer_id = ${parameter(issuerId)}`]),
    ...(issuedBetween === undefined
      ? []
      : [`issued_at BETWEEN ${parameter(issuedBetween.from)} AND ${parameter(issuedBetween.to)}`]),
  ];
  return { sql: `(${parts.join(' AND ')})`, values };
};
