import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const home = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'cartulary', 'judges');

/** Where `tools/counterparts.mjs` puts what is in no package of the system. */
const kept = {
  go: join(home, 'bin', 'judge'),
  'istio-client': join(home, 'bin', 'istio-client'),
  java: join(home, 'java'),
  clock: join(home, 'clock.so'),
  zlint: join(home, 'bin', 'zlint'),
  /** With pkilint and py-spiffe. */
  python: join(home, 'python', 'bin', 'python'),
  envoy: join(home, 'bin', 'envoy'),
  javaSpiffe: join(home, 'spiffe-java'),
  goSpiffe: join(home, 'bin', 'spiffe'),
} as const;

/** The path of one of them; throws where it is not installed, and says how it comes there. */
export const installed = (name: keyof typeof kept): string => {
  if (!existsSync(kept[name])) throw new Error(`${kept[name]} is missing; \`npm run test:interop\` installs it`);
  return kept[name];
};
