// The append-only event store on Postgres.
export {};
