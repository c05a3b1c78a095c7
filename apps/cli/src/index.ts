// The cartulary command, for those who want it without a process of its own.
export { run } from './run.js';
export { processContext } from './context.js';
export type { CliContext } from './context.js';
export { exitCodes } from './exit-codes.js';
export { Output } from './output/output.js';
export { walk } from './walk/walk.js';
export type { Place } from './walk/walk.js';
