// Events, deciders and policies: pure, no I/O, no framework.
export {};
