import 'reflect-metadata';
import { assertRuntime } from '@cartulary/runtime';

assertRuntime();
const { runAgent } = await import('./run-agent.js');
await runAgent(process.argv.slice(2));
