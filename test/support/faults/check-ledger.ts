import { storiesOf, type Status } from './certificate-story.js';
import type { Action, Command, Evidence, Fact, Violations } from './evidence.js';

const after: Partial<Record<Action, Status>> = { hold: 'held', release: 'good', revoke: 'revoked' };

/** Nothing is issued for a suspended identity or a blocked key, and a blocked key's certificates end up revoked. */
export const checkGates = (facts: readonly Fact[]): Violations => {
  const wrong: Violations = [];
  const suspended = new Set<string>();
  const blocked = new Set<string>();
  for (const { type, position, data } of facts) {
    const { identity = '', keyHash = '', serial } = data;
    if (type === 'IdentitySuspended') suspended.add(identity);
    if (type === 'IdentityReinstated') suspended.delete(identity);
    if (type === 'KeyBlocked') blocked.add(keyHash);
    if (type !== 'CertificateIssued') continue;
    if (suspended.has(identity)) wrong.push(`slipped through: ${serial} at ${position} for suspended ${identity}`);
    if (blocked.has(keyHash)) wrong.push(`slipped through: ${serial} at ${position} for the blocked key ${keyHash}`);
  }
  for (const { serial, status, keyHash } of storiesOf(facts).bySerial.values()) {
    if (blocked.has(keyHash ?? '') && status !== 'revoked') wrong.push(`un-revoked: ${serial} of a blocked key`);
  }
  return wrong;
};

/** One client at a time changes a certificate: the ledger's end is its last word, or the one it is not sure of. */
const checkLastWord = (serial: string, commands: readonly Command[], status: Status): Violations => {
  let sure: Status = 'good';
  let maybe: Status | undefined;
  for (const { action, outcome } of commands) {
    const next = after[action];
    if (!next || outcome === 'refused') continue;
    if (outcome === 'acknowledged') [sure, maybe] = [next, undefined];
    else maybe = next;
  }
  if (status === sure || status === maybe) return [];
  const kind = sure === 'revoked' ? 'un-revoked' : 'lost';
  return [`${kind}: ${serial} is ${status} in the ledger, its client knows it to be ${sure}`];
};

export const checkLedger = ({ facts, commands }: Pick<Evidence, 'commands' | 'facts'>): Violations => {
  const { bySerial, violations } = storiesOf(facts);
  const wrong = [...violations, ...checkGates(facts)];
  facts.forEach(({ position }, index) => {
    if (position !== index + 1) wrong.push(`a gap: position ${position} comes where ${index + 1} should be`);
  });
  const blocked = new Set(commands.filter(({ action }) => action === 'block').map(({ subject }) => subject));
  const bySubject = Map.groupBy(commands, ({ subject }) => subject);
  for (const { serial, status, keyHash } of bySerial.values()) {
    const own = bySubject.get(serial);
    if (own && !blocked.has(keyHash ?? '')) wrong.push(...checkLastWord(serial, own, status));
  }
  return wrong;
};
