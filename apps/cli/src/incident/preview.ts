import type { IncidentPreview } from '@cartulary/contracts';
import type { Output } from '../output/output.js';
import { relative } from '../output/time.js';

const IDENTITIES = 10;

/** What would be hit: how many, whose, and the newest of them. */
export const showPreview = (output: Output, preview: IncidentPreview): void => {
  const { hit, live, alreadyRevoked, expired, descendants, system, tokens, identities, identityCount, sample } =
    preview;
  output.details([
    ['hit', String(hit)],
    ['live', String(live), output.style.bold],
    ['revoked before', String(alreadyRevoked)],
    ['expired', String(expired)],
    ['descendants', String(descendants)],
    ['system', system > 0 ? String(system) : undefined, output.style.red],
    ['tokens', tokens > 0 ? String(tokens) : undefined],
    ['identities', String(identityCount)],
  ]);
  if (hit === 0) return;
  output.line();
  output.table(
    [
      { title: 'IDENTITY', value: ({ identity }: IncidentPreview['identities'][number]) => identity },
      { title: 'HIT', value: ({ certificates }) => String(certificates), align: 'right' },
    ],
    identities.slice(0, IDENTITIES),
    'None of them has an identity.',
  );
  if (identityCount > IDENTITIES) output.note(`… and ${identityCount - IDENTITIES} more`);
  output.line();
  output.table(
    [
      { title: 'NEWEST', value: ({ serial }: IncidentPreview['sample'][number]) => serial },
      { title: 'NODE', value: ({ node }) => node },
      { title: 'ENDS', value: ({ notAfter }) => relative(notAfter, output.now) },
      { title: 'WHY', value: ({ descendant }) => (descendant ? 'descends' : 'selected') },
    ],
    sample,
    '',
  );
};
