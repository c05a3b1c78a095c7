// Configuration, clock, logging, metrics, health, errors at the edge, shutdown.
export {};
