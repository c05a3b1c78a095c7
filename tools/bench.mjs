// `npm run bench -- <name> [arguments]`: a benchmark of bench/, on the built code and the pinned Node.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runAs } from '../libs/runtime/pinned-node.mjs';
import { environment, root, setup } from './setup.mjs';
import { main } from './setup-error.mjs';

const names = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.replace(/\.mjs$/, ''))
  .sort();

await main(async () => {
  const [name, ...args] = process.argv.slice(2);
  if (name === undefined || !names.includes(name)) {
    const list = names.length === 0 ? 'none yet' : names.join(', ');
    process.stderr.write(`benchmarks: ${list}\nusage: npm run bench -- <name> [arguments]\n`);
    return name === undefined ? 0 : 2;
  }
  return runAs(await setup(), [join(root, 'bench', `${name}.mjs`), ...args], environment());
});
