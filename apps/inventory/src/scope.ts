import { type Caller, reaches } from '@cartulary/access';
import { parseIdentity, type SpiffeId } from '@cartulary/domain';
import type { Conditions } from './paging/conditions.js';

/** What a caller gets to see in lists: the same as `reaches` of libs/access says of one identity, as SQL. */
export const withinReach = ({ grant }: Caller, where: Conditions): void => {
  const { namespaces, role } = grant;
  // One alone is asked for as one: its index then gives the order, too.
  if (namespaces?.length === 1) where.add((value) => `namespace = ${value}`, namespaces[0]);
  else if (namespaces) where.add((list) => `namespace = ANY (${list}::text[])`, namespaces);
  else if (role !== 'admin' && role !== 'auditor') where.literally('NOT system');
};

export const mayRead = (caller: Caller, id: SpiffeId | undefined, trustDomain: string): boolean =>
  reaches(caller, id === undefined ? undefined : parseIdentity(id, trustDomain));
