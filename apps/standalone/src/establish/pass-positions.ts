import { randomUUID } from 'node:crypto';
import { type PositionPassed, restorationStream } from '@cartulary/domain';
import type { Ledger } from '@cartulary/ledger';
import { ConfigurationError } from '@cartulary/runtime';

const PER_APPEND = 200;
/** More than any ledger loses between two backups; a number with a digit too many should not fill the disk. */
const MOST = 10_000_000;

/** `123456` → 123456. Throws ConfigurationError. */
export const positionOf = (text: string): number => {
  const position = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (position > 0) return position;
  const hint = 'give the highest position or CRL number that anybody has seen, in decimal digits';
  throw new ConfigurationError([{ key: '--beyond', value: text, message: 'is no position', hint }]);
};

/**
 * After a restore: appends until the ledger is past a position, so that no position above what was restored, and with it
 * no CRL number, is given to anything else. Resolves to how many were passed; 0 when the ledger is further already.
 */
export const passPositions = async (ledger: Ledger, beyond: number, now: Date): Promise<number> => {
  const { position } = await ledger.head();
  const wrong = (message: string, hint: string): ConfigurationError =>
    new ConfigurationError([{ key: '--beyond', value: String(beyond), message, hint }]);
  if (position === 0) throw wrong('is not for an empty ledger', 'restore the database first');
  if (beyond - position > MOST) throw wrong(`is too far from ${position}`, `give at most ${position + MOST}`);
  const stream = restorationStream(randomUUID());
  const event = { stream, type: 'PositionPassed' satisfies PositionPassed['type'], data: { beyond } };
  let version = 0;
  for (let left = beyond - position; left > 0; left -= PER_APPEND) {
    const events = Array.from({ length: Math.min(left, PER_APPEND) }, () => event);
    await ledger.append({
      expectations: [{ stream, version }],
      events,
      actor: { id: 'system:standalone', credential: 'system' },
      correlationId: stream,
      recordedAt: now.toISOString(),
    });
    version += events.length;
  }
  return version;
};
