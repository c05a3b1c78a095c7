import 'reflect-metadata';
import { assertRuntime } from '@cartulary/runtime';

assertRuntime();
const { runProcess } = await import('@cartulary/service');
const { start } = await import('./run.js');
await runProcess(process.argv.slice(2), start, 'controller');
