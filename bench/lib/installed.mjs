import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cartulary', 'judges', 'bin');

/** Where `tools/counterparts.mjs` puts a program; undefined where it is not. */
export const findInstalled = (name) => {
  const path = join(cache, name);
  return existsSync(path) ? path : undefined;
};

export const installed = (name) => {
  const path = findInstalled(name);
  if (path === undefined) throw new Error(`${name} is not installed: \`npm run bench\` does so where it finds Go`);
  return path;
};
