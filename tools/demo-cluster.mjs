// `npm run demo:cluster`: the system as it is deployed, with real Postgres and Kafka, as processes on this machine.
import { join } from 'node:path';
import { runAs } from '../libs/runtime/pinned-node.mjs';
import { environment, root, setup } from './setup.mjs';
import { main } from './setup-error.mjs';

await main(async () => {
  const node = await setup();
  return runAs(node, [join(root, 'tools', 'demo-cluster', 'main.mjs'), ...process.argv.slice(2)], environment());
});
