import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import pg from 'pg';
import { type KafkaStage, type Member } from './kafka-stage.js';

const ask = async <Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
};

export interface RelayState {
  /** What the relay knows to be in Kafka. */
  readonly relayed: number;
  /** The ledger's last position. */
  readonly head: number;
}

export const relayState = async (url: string): Promise<RelayState> => {
  const [row] = await ask<RelayState & pg.QueryResultRow>(
    url,
    `SELECT coalesce((SELECT max(position) FROM cartulary.relay_positions), 0)::float8 AS relayed,
            coalesce((SELECT max(position) FROM cartulary.events), 0)::float8 AS head`,
  );
  return row!;
};

const LEADER = `
  SELECT client_port AS port FROM pg_locks JOIN pg_stat_activity USING (pid)
  WHERE locktype = 'advisory' AND granted AND application_name = 'cartulary-relay' AND datname = current_database()`;

/** Inodes of the sockets that have this local port, of 127.0.0.1. */
const inodesOf = (port: number): string[] => {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return rows.filter((row) => row[1] === local).map((row) => row[9]!);
};

const holds = (pid: number, inodes: readonly string[]): boolean =>
  readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return inodes.some((inode) => readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`);
    } catch {
      return false;
    }
  });

/** The process whose relay has the lock now: whoever has the other end of that session's connection. */
export const relayLeader = async ({ ownerUrl, cluster }: KafkaStage): Promise<Member | undefined> => {
  const [row] = await ask<{ port: number }>(ownerUrl, LEADER);
  if (!row) return undefined;
  const inodes = inodesOf(row.port);
  return cluster.members.find(({ process }) => process.running && holds(process.pid, inodes));
};
