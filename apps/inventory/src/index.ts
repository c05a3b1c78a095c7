// Queries and the ledger explorer.
export {};
