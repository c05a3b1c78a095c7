import type { Diagnostics, Issuer } from '@cartulary/contracts';
import { relative } from '../output/time.js';
import type { Check } from './examination.js';
import { failed, ok, type Seen, warning } from './finding.js';
import { trouble } from './trouble.js';

const PATIENCE_MS = 600_000;
const issuing = ['workload', 'server', 'system'] as const;

/** One issues, and the one after it is ready. */
export const epochCheck: Check = async (examination) => {
  const issuers = await examination.issuers();
  const settings = await examination.diagnostics().then(
    (diagnostics) => diagnostics.settings,
    // Without them the end of an epoch is not known; that they can't be read is said elsewhere.
    () => undefined,
  );
  return issuing.map((purpose) => {
    try {
      return judgeEpoch(
        issuers.filter((issuer) => issuer.purpose === purpose),
        settings,
        examination.now(),
        purpose,
      );
    } catch (error) {
      return { ...trouble(error), about: purpose };
    }
  });
};

export const judgeEpoch = (
  issuers: readonly Issuer[],
  settings: Diagnostics['settings'] | undefined,
  now: Date,
  purpose: string,
): Seen => {
  const active = issuers.find(({ status }) => status === 'active');
  const log = 'The rotation service sees to it: is it ready, and what does its log say?';
  if (!active) return failed('no issuer is active: nothing is issued', log, purpose);
  const here = `epoch ${active.epoch} (${active.issuerId})`;
  if (active.imported) return ok(`${here}, imported, until ${active.notAfter}`, purpose);
  const end = settings && active.activatedAt && Date.parse(active.activatedAt) + settings.epochLength * 1_000;
  const ends = end ? `, ends ${relative(new Date(end), now)}` : '';
  const lateness = end ? now.getTime() - end - settings.epochLead * 1_000 : 0;
  if (lateness > PATIENCE_MS)
    return warning(`${here} should have ended ${relative(new Date(Number(end)), now)}`, log, purpose);
  const next = issuers.find(({ status }) => status === 'prepared');
  if (!next) return warning(`${here}${ends}; none is prepared to follow it`, log, purpose);
  if (!next.crl) {
    const hint = 'The revocation service publishes it: is it ready?';
    return warning(`${here}${ends}; the first CRL of ${next.issuerId}, which is to follow, is not out`, hint, purpose);
  }
  return ok(`${here}${ends}; ${next.issuerId} is prepared to follow`, purpose);
};
