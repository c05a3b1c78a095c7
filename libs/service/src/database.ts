export interface QueryLimits {
  /** Milliseconds the server may work on it; 0: as long as it takes. */
  readonly timeout: number;
}

/** Where a service's projections live: the schema `projections`, and nothing of the ledger's. A Nest token. */
export abstract class Database {
  abstract query<Row>(sql: string, parameters?: readonly unknown[], limits?: QueryLimits): Promise<Row[]>;
}
