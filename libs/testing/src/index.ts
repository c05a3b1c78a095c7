// Servers for tests.
export { freePorts } from './free-port.js';
export { StandaloneProcess } from './standalone-process.js';
export type { StandaloneOptions } from './standalone-process.js';
