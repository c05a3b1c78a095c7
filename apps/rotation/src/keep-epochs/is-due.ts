import type { Issuer, IssuerPurpose } from '@cartulary/domain';
import type { Settings } from '@cartulary/service';

export interface Epoch {
  readonly current: Issuer;
  readonly standby: Issuer;
  /** That the current one has issued. */
  readonly certificates: number;
}

/** Whether the next epoch should begin: by time, by number, after a cut-off, or because certificates would be cut short. */
export const isDue = (
  { current, standby, certificates }: Epoch,
  settings: Pick<Settings, 'epochs' | 'lifetimes'>,
  now: Date,
): boolean => {
  if (current.status === 'compromised') return true;
  // Signed ahead: when is written in the plan.
  const { activeFrom } = standby;
  const planned = activeFrom !== undefined;
  if (planned && now.getTime() >= Date.parse(activeFrom)) return true;
  const age = now.getTime() - Date.parse(current.activatedAt ?? current.notBefore);
  if ((!planned && age >= settings.epochs.length) || certificates >= settings.epochs.certificates) return true;
  // Where both end with the CA above them, another epoch helps nobody.
  const left = Date.parse(current.notAfter) - now.getTime();
  return left < longestLife(current.purpose, settings) && standby.notAfter > current.notAfter;
};

/** Whether an intermediate should have one to follow it: below the root that is used now, or because it ends. */
export const needsSuccessor = (
  intermediate: Issuer,
  root: Issuer,
  { caLifetimes }: Pick<Settings, 'caLifetimes'>,
  now: Date,
): boolean => {
  if (root.issuerId !== intermediate.parent) return true;
  const end = Date.parse(intermediate.notAfter);
  const next = Math.min(now.getTime() + caLifetimes.intermediate * 1_000, Date.parse(root.notAfter));
  // In the middle of its life at the earliest, however long issuers live; and where both end with the root, never.
  const needed = Math.min(caLifetimes.issuer, caLifetimes.intermediate / 2) * 1_000;
  return end - now.getTime() < needed && next > end;
};

/** Milliseconds. */
const longestLife = (purpose: IssuerPurpose, { lifetimes }: Pick<Settings, 'lifetimes'>): number => {
  switch (purpose) {
    case 'workload':
      return lifetimes.workload.max * 1_000;
    case 'server':
      return lifetimes.server.max * 1_000;
    default:
      return Math.max(lifetimes.operator.max, lifetimes.service.max) * 1_000;
  }
};
