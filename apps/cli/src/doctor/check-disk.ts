import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check } from './examination.js';
import { failed, ok, type Seen, warning } from './finding.js';

const MIB = 2 ** 20;
const WARN = { octets: 2_048 * MIB, share: 0.1 };
const FAIL_OCTETS = 256 * MIB;

/** Only where a service's data directory is on this machine: one that has a key store. */
export const diskCheck: Check = async ({ flags, context }) => {
  const data = flags.data ?? (context.env['CARTULARY_DATA'] || './.cartulary');
  const local = await stat(join(data, 'keys')).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!local) return [];
  const { bavail, blocks, bsize } = await statfs(data);
  return [judgeDisk(data, bavail * bsize, blocks * bsize)];
};

export const judgeDisk = (directory: string, free: number, total: number): Seen => {
  const seen = `${sizeText(free)} of ${sizeText(total)} free`;
  const hint = 'Make room: without it Postgres stops, and nothing is issued or revoked.';
  if (free < FAIL_OCTETS) return failed(seen, hint, directory);
  return free < WARN.octets || free < WARN.share * total ? warning(seen, hint, directory) : ok(seen, directory);
};

export const sizeText = (octets: number): string => {
  const units = ['octets', 'KiB', 'MiB', 'GiB', 'TiB'];
  const exponent = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, octets)) / 10));
  const value = octets / 2 ** (10 * exponent);
  return `${exponent === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[exponent]}`;
};
