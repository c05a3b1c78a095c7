// `npm run demo:photo`: the photo example on real Envoys, each of its claims on a line.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureCounterparts } from './counterparts.mjs';
import { environment, root, setup } from './setup.mjs';
import { main } from './setup-error.mjs';

const say = (text) => process.stdout.write(`${text}\n`);

await main(async () => {
  const node = await setup();
  const missing = ensureCounterparts('judges', say);
  if (missing.length > 0) throw new Error(missing.join('; '));
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', '--project', 'judges', '--reporter=verbose', 'test/judges/photo.e2e.spec.ts'];
  return spawnSync(node, args, { cwd: root, env: environment(), stdio: 'inherit' }).status ?? 1;
});
