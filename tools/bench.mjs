// `npm run bench [-- group …] [--quick | --full]`: bench/, on the built code and the pinned Node.
import { join } from 'node:path';
import { runAs } from '../libs/runtime/pinned-node.mjs';
import { ensureCounterparts } from './counterparts.mjs';
import { environment, root, setup } from './setup.mjs';
import { main } from './setup-error.mjs';

await main(async () => {
  const node = await setup();
  for (const missing of ensureCounterparts('bench', (text) => process.stderr.write(`bench: ${text}\n`))) {
    process.stderr.write(`bench: ${missing}\n`);
  }
  return runAs(node, [join(root, 'bench', 'main.mjs'), ...process.argv.slice(2)], environment());
});
