#!/usr/bin/env node
// Runs on any Node that can read this file: the command itself wants the pinned one, and goes on there.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { continueOnPinnedNode, pinned } from '@cartulary/runtime/pinned-node';

const fail = (message, hint) => {
  process.stderr.write(`cartulary: ${message}\n  → ${hint}\n`);
  process.exit(1);
};

await continueOnPinnedNode(fileURLToPath(import.meta.url));
if (process.versions.node.split('.')[0] !== pinned.version.split('.')[0]) {
  fail(`it needs Node ${pinned.version}, this is ${process.version}`, 'Run `npm ci`: it brings the right Node along.');
}
const main = new URL('../dist/main.js', import.meta.url);
if (!existsSync(fileURLToPath(main))) fail('it has not been built', 'Run `npm start` or `npm run build` first.');
await import(main.href);
