/** What runs a query and gives its rows: a pool of either kind. */
export interface Rows {
  query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

/** How Postgres is set up, in its own words. */
export interface DatabaseDescription {
  /** `17.6`, with what a distribution adds. */
  readonly version: string;
  readonly major: number;
  readonly time: Date;
  /** It follows another and takes no writes. */
  readonly standby: boolean;
  /** Octets of this database. */
  readonly size: number;
  /** Clients of the whole server. */
  readonly connections: number;
  readonly maxConnections: number;
  readonly fsync: string;
  readonly synchronousCommit: string;
  readonly fullPageWrites: string;
  readonly walLevel: string;
  readonly archiveMode: string;
}

// As the service role sees it; it may see how many sessions there are, not whose.
const DESCRIBE = `SELECT
  current_setting('server_version') AS version,
  current_setting('server_version_num')::int / 10000 AS major,
  clock_timestamp() AS time,
  pg_is_in_recovery() AS standby,
  pg_database_size(current_database())::float8 AS size,
  (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type IS NULL OR backend_type = 'client backend')
    AS connections,
  current_setting('max_connections')::int AS "maxConnections",
  current_setting('fsync') AS fsync,
  current_setting('synchronous_commit') AS "synchronousCommit",
  current_setting('full_page_writes') AS "fullPageWrites",
  current_setting('wal_level') AS "walLevel",
  current_setting('archive_mode') AS "archiveMode"`;

export const describeDatabase = async (database: Rows): Promise<DatabaseDescription> => {
  const [description] = await database.query<DatabaseDescription>(DESCRIBE);
  return description!;
};
