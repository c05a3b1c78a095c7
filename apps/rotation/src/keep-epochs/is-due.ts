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
