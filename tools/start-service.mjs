// `npm run start:<service>`: one service by itself, beside others on the same Postgres.
import { join } from 'node:path';
import { runAs } from '../libs/runtime/pinned-node.mjs';
import { environment, root, setup } from './setup.mjs';
import { main } from './setup-error.mjs';

await main(async () => {
  const node = await setup();
  const cli = join(root, 'apps', 'cli', 'bin', 'cartulary.mjs');
  return runAs(node, [cli, ...process.argv.slice(2)], environment());
});
