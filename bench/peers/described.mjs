import { readFile } from 'node:fs/promises';

/**
 * A peer that runs already, as a JSON file says that the variable names: `url`, `method`, `headers`, `body` (with {csr}
 * and {line}), `lines` (a file, for one-time tokens), `marker`, `ca`, `cert`, `key`, and `pids` by name for CPU time.
 */
export const describedPeer = async (name, variable) => {
  const file = process.env[variable];
  if (!file) return { name, missing: `${variable} names no installation of ${name} (docs/performance.md says how)` };
  try {
    const { headers = [], pids = {}, method = 'POST', ...given } = JSON.parse(await readFile(file, 'utf8'));
    return { name, roots: pids, flags: { ...given, method, header: ['Content-Type: application/json', ...headers] } };
  } catch (error) {
    return { name, missing: `${variable}: ${error.message}` };
  }
};
