import type { Fact } from './evidence.js';

export type Status = 'good' | 'held' | 'revoked';

/** A time in which the certificate is not good, from one commit to another. Milliseconds; positions. */
export interface Outage {
  readonly since: number;
  readonly sincePosition: number;
  /** Infinity: it never ended. */
  until: number;
}

/** What the ledger says of one certificate. Written without the domain's own fold, which is under test here. */
export interface Story {
  readonly serial: string;
  readonly issuerId: string;
  readonly identity: string | undefined;
  readonly keyHash: string | undefined;
  readonly outages: Outage[];
  status: Status;
  reason: string | undefined;
  /** Of its newest change. */
  changedAt: number;
}

const changes = new Set(['CertificateHeld', 'CertificateReleased', 'CertificateRevoked']);
export const isChange = ({ type }: Fact): boolean => changes.has(type);

/** Applies one event; gives what is wrong with it. */
const apply = (story: Story, { type, position, committedAt, data }: Fact): string | undefined => {
  const { serial, status } = story;
  if (status === 'revoked' && type !== 'CertificateRevoked') return `un-revoked: ${type} after the end of ${serial}`;
  if (!changes.has(type)) return undefined;
  story.changedAt = position;
  const open = story.outages.at(-1);
  if (type === 'CertificateReleased') {
    if (status !== 'held' || !open) return `released without a hold: ${serial}`;
    open.until = committedAt;
    story.status = 'good';
    story.reason = undefined;
    return undefined;
  }
  if (type === 'CertificateHeld' && status === 'held') return `doubled: ${serial} was held twice`;
  if (status === 'good') story.outages.push({ since: committedAt, sincePosition: position, until: Infinity });
  story.status = type === 'CertificateHeld' ? 'held' : 'revoked';
  story.reason = type === 'CertificateHeld' ? 'certificateHold' : data.reason;
  return undefined;
};

export interface Stories {
  readonly bySerial: ReadonlyMap<string, Story>;
  readonly violations: readonly string[];
}

/** Folds the ledger's events, up to a position if one is given. */
export const storiesOf = (facts: readonly Fact[], before = Infinity): Stories => {
  const bySerial = new Map<string, Story>();
  const violations: string[] = [];
  for (const fact of facts) {
    if (fact.position >= before) break;
    const { serial, issuerId = '', identity, keyHash } = fact.data;
    if (serial === undefined || !fact.type.startsWith('Certificate')) continue;
    const story = bySerial.get(serial);
    if (fact.type === 'CertificateIssued') {
      if (story) violations.push(`serial ${serial} was issued twice`);
      const none = { outages: [], status: 'good', reason: undefined, changedAt: 0 } as const;
      bySerial.set(serial, { serial, issuerId, identity, keyHash, ...none, outages: [] });
    } else if (!story) violations.push(`${fact.type} of ${serial}, which was never issued`);
    else {
      const wrong = apply(story, fact);
      if (wrong) violations.push(wrong);
    }
  }
  return { bySerial, violations };
};
