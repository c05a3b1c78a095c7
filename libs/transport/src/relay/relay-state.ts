import { type Position, type Rows } from '@cartulary/ledger';
import { type KafkaSettings } from '../kafka/settings.js';
import { relayLock } from './relay-lead.js';

export interface RelayState {
  /** Some process has the lead. */
  readonly active: boolean;
  /** Known to be in Kafka; 0 before the first. */
  readonly position: Position;
}

// A lock's 64-bit key is shown as two halves (documentation of pg_locks).
const STATE = `SELECT
  EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (classid::bigint::bit(32) || objid::bigint::bit(32))::bit(64)::bigint = hashtextextended($2, 0)) AS active,
  coalesce((SELECT position FROM cartulary.relay_positions WHERE relay = $1), 0)::float8 AS position`;

/** How the relay to these topics is doing, whichever process it runs in. */
export const relayState = async (database: Rows, { prefix = 'cartulary' }: KafkaSettings): Promise<RelayState> => {
  const [state] = await database.query<RelayState>(STATE, [prefix, relayLock(prefix)]);
  return state!;
};
