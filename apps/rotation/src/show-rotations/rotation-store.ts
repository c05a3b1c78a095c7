import { Injectable } from '@nestjs/common';
import { type Caller, reaches } from '@cartulary/access';
import { Database } from '@cartulary/service';
import { namespaceOf, type OrderedSelector, type RotationId, type SpiffeId } from '@cartulary/domain';
import { ORDER_COLUMNS } from '../schedule-renewals/statements.js';
import type { KnownOrder } from '../schedule-renewals/tables.js';

const FIND = `SELECT ${ORDER_COLUMNS} FROM projections.rotation_orders known WHERE rotation_id = $1`;

// Who is limited to namespaces sees what was ordered for those, and what it ordered itself.
const LIST = `
  SELECT ${ORDER_COLUMNS} FROM projections.rotation_orders known
  WHERE ($1::text[] IS NULL OR namespace = ANY ($1) OR requester = $2) AND ($3 OR NOT system)
    AND ($4::boolean IS NULL OR (completed_at IS NOT NULL) = $4) AND known.position < $5
  ORDER BY known.position DESC LIMIT $6`;

export interface Wanted {
  readonly completed?: boolean;
  readonly before?: number;
  readonly limit: number;
}

/** The projection, as callers read it. */
@Injectable()
export class RotationStore {
  constructor(private readonly database: Database) {}

  async find(rotationId: RotationId): Promise<KnownOrder | undefined> {
    const [row] = await this.database.query<KnownOrder>(FIND, [rotationId]);
    return row;
  }

  list(caller: Caller, { completed, before, limit }: Wanted): Promise<KnownOrder[]> {
    const { role, namespaces } = caller.grant;
    const system = role === 'admin' || role === 'auditor';
    const known = [namespaces ?? null, caller.actor.id, system, completed ?? null];
    return this.database.query<KnownOrder>(LIST, [...known, before ?? Number.MAX_SAFE_INTEGER, limit]);
  }
}

/** The same as `list`, for one. */
export const maySee = (caller: Caller, selector: OrderedSelector, requester: string): boolean => {
  if (caller.actor.id === requester) return true;
  const { namespaces } = caller.grant;
  if ('namespace' in selector) return !namespaces || namespaces.includes(selector.namespace);
  if ('identity' in selector) return seesIdentity(caller, selector.identity);
  return reaches(caller, undefined);
};

const seesIdentity = ({ grant: { role, namespaces } }: Caller, identity: SpiffeId): boolean => {
  const namespace = namespaceOf(identity);
  if (namespaces) return namespace !== undefined && namespaces.includes(namespace);
  return namespace !== undefined || role === 'admin' || role === 'auditor';
};
