// `npm run docs:configuration`: writes the tables of docs/configuration.md from libs/runtime's keys, and the agent's.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, setup } from './setup.mjs';
import { main } from './setup-error.mjs';

await main(async () => {
  await setup();
  const { describeConfig, keys } = await import('../libs/runtime/dist/index.js');
  const { agentConfiguration } = await import('../apps/agent/dist/configuration/agent-configuration.js');
  const write = (page, start, definition) => {
    const path = join(root, 'docs', page);
    const [head] = readFileSync(path, 'utf8').split(start);
    writeFileSync(path, `${head}${describeConfig(definition)}`);
  };
  write('configuration.md', /^## /m, keys);
  write('agent.md', /^## The CA$/m, agentConfiguration);
});
