import 'reflect-metadata';
import { assertRuntime } from '@cartulary/runtime';

assertRuntime();
const { runService } = await import('@cartulary/service');
const { definition } = await import('./definition.js');
await runService(definition, process.argv.slice(2));
