// The cartulary command, for those who want it without a process of its own.
export { run } from './run.js';
export type { CliContext } from './context.js';
export { exitCodes } from './exit-codes.js';
