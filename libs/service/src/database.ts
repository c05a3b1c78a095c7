/** Where a service's projections live: the schema `projections`, and nothing of the ledger's. A Nest token. */
export abstract class Database {
  abstract query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}
