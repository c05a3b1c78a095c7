import { both, relative } from '../output/time.js';
import type { Check } from './examination.js';
import { ok, warning } from './finding.js';

const SOON_MS = 2 * 3_600_000;

/** Reachable, trusted, and we are somebody there. */
export const restCheck: Check = async (examination) => {
  const { connection } = examination;
  const { id, role, expiresAt } = await examination.caller();
  const now = examination.now();
  const seen = `you are ${id} (${role})`;
  if (!expiresAt) return [ok(seen, connection.url)];
  if (new Date(expiresAt).getTime() - now.getTime() > SOON_MS)
    return [ok(`${seen}, credential ends ${relative(expiresAt, now)}`, connection.url)];
  const hint = connection.token
    ? 'Make another token with `cartulary token create`.'
    : 'Standalone renews its operator’s files by itself; renew others with `cartulary renew`.';
  return [warning(`${seen}, whose credential ends ${both(expiresAt, now)}`, hint, connection.url)];
};
