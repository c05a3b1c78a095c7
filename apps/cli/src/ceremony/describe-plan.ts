import type { CeremonyPlan } from '@cartulary/x509';
import type { Output } from '../output/output.js';

/** What those present read aloud. */
export const describePlan = (plan: CeremonyPlan, output: Output): void => {
  const { crls, issuers } = plan;
  output.details([
    ['trust domain', plan.trustDomain, output.style.bold],
    ['public URL', plan.publicUrl],
    ['from', plan.from],
    ['root until', plan.rootNotAfter],
    ['CRLs', `${crls.length}, from ${crls[0]?.from} to ${crls.at(-1)?.nextUpdate}`],
    ['cut off', `each issuer alone${plan.together === 2 ? ', and each two together' : ''}`],
    ['before', plan.revoked.length > 0 ? `${plan.revoked.length} revoked already` : undefined],
  ]);
  output.line();
  output.table(
    [
      { title: 'ISSUER', value: ({ name }) => name },
      { title: 'EPOCH', value: ({ epoch }) => String(epoch), align: 'right' },
      { title: 'ACTIVE FROM', value: ({ activeFrom }) => activeFrom },
      { title: 'VALID UNTIL', value: ({ notAfter }) => notAfter },
    ],
    issuers,
    'There are no issuers.',
  );
};
