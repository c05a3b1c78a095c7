// `npm run docs:configuration`: writes the tables of docs/configuration.md from libs/runtime's keys.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, setup } from './setup.mjs';
import { main } from './setup-error.mjs';

await main(async () => {
  await setup();
  const { describeConfig, keys } = await import('../libs/runtime/dist/index.js');
  const path = join(root, 'docs', 'configuration.md');
  const [head] = readFileSync(path, 'utf8').split(/^## /m);
  writeFileSync(path, `${head}${describeConfig(keys)}`);
});
