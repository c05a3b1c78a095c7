// `npm run openapi`: writes docs/openapi.json from the routes; `-- --check` only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { continueOnPinnedNode } from '../libs/runtime/pinned-node.mjs';
import { root, setup } from './setup.mjs';
import { main, SetupError } from './setup-error.mjs';

await main(async () => {
  await setup();
  await continueOnPinnedNode(new URL(import.meta.url).pathname);
  const { openApiDocument } = await import('../libs/contracts/dist/index.js');
  const path = join(root, 'docs', 'openapi.json');
  const text = `${JSON.stringify(openApiDocument(), null, 2)}\n`;
  if (!process.argv.includes('--check')) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text)
    throw new SetupError('docs/openapi.json is not current.', 'Run `npm run openapi`.');
});
