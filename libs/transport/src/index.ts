// How events get from the ledger to handlers.
export {};
