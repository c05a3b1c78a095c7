import 'reflect-metadata';
import { assertRuntime } from '@cartulary/runtime';

assertRuntime();
const { run } = await import('./run.js');
await run(process.argv.slice(2));
