import type { RecordedEvent } from '@cartulary/ledger';
import type { Violations } from './evidence.js';

export interface IncidentStory {
  /** Serials in the namespace that were issued before the gate closed, with the number of their revocations. */
  readonly hit: ReadonlyMap<string, number>;
  readonly violations: Violations;
}

interface Data {
  readonly serial?: string;
  readonly identity?: string;
  readonly incidentId?: string;
  readonly counts?: {
    readonly hit: number;
    readonly revoked: number;
    readonly alreadyRevoked: number;
    readonly expired: number;
  };
}

/**
 * Of an incident that selects a namespace, as the ledger tells it. Written without the domain's own fold, which is under
 * test here: what was there is revoked once, nothing of it is issued behind the gate until it is contained, and the
 * counts are those of the events.
 */
export const checkIncident = (
  events: readonly RecordedEvent[],
  incidentId: string,
  namespace: string,
): IncidentStory => {
  const hit = new Map<string, number>();
  const violations: Violations = [];
  let phase: 'before' | 'closed' | 'contained' = 'before';
  let told: Data['counts'];
  for (const { type, data, position } of events) {
    const { serial = '', identity = '', incidentId: named, counts } = data as Data;
    const meant = identity.startsWith(`spiffe://cluster.local/ns/${namespace}/`);
    if (type === 'CertificateIssued' && meant && phase === 'before') hit.set(serial, 0);
    if (type === 'CertificateIssued' && meant && phase === 'closed') {
      violations.push(`slipped through: ${serial} at ${position}`);
    }
    if (type === 'CertificateRevoked' && hit.has(serial)) hit.set(serial, hit.get(serial)! + 1);
    if (named !== incidentId) continue;
    if (type === 'GateClosed') phase = 'closed';
    if (type === 'IncidentProgressed' && counts) {
      const sum = (of: Data['counts']): number => (of ? of.revoked + of.alreadyRevoked + of.expired : 0);
      if (sum(counts) < sum(told)) violations.push(`progress went back at ${position}`);
      told = counts;
    }
    if (type === 'IncidentContained') {
      if (phase !== 'closed') violations.push(`contained twice, at ${position}`);
      phase = 'contained';
      const revoked = [...hit.values()].filter((times) => times > 0).length;
      if (counts?.hit !== hit.size) violations.push(`${counts?.hit} are told to be hit, ${hit.size} are`);
      if (counts?.revoked !== revoked) violations.push(`${counts?.revoked} are told to be revoked, ${revoked} are`);
    }
  }
  if (phase !== 'contained') violations.push('it was never contained');
  for (const [serial, times] of hit) if (times !== 1) violations.push(`${serial} was revoked ${times} times`);
  return { hit, violations };
};
