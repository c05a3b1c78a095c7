import type { Incident } from '@cartulary/contracts';
import { fold, incidentDecider, type IncidentSelector } from '@cartulary/domain';
import type { Ledger, RecordedEvent } from '@cartulary/ledger';

/** From all events of the incident's stream. */
export const incidentView = (
  events: readonly RecordedEvent[],
  { comment }: { readonly comment?: string | undefined } = {},
): Incident => {
  const state = fold(incidentDecider, events);
  const [declaration] = events;
  if (state.status === 'unknown' || !declaration) throw new Error('an incident that was not declared');
  const { declared, counts, containedAt, closedAt, status } = state;
  const { hit, revoked, alreadyRevoked, expired } = counts ?? { hit: 0, revoked: 0, alreadyRevoked: 0, expired: 0 };
  const { incidentId, selector, reason, invalidityDate, reissue, declaredAt } = declared;
  return {
    incidentId,
    status: status === 'declared' && counts ? 'running' : status,
    selector: plain(selector),
    reason,
    ...(invalidityDate ? { invalidityDate } : {}),
    ...(reissue ? { reissueFirst: { ...reissue } } : {}),
    progress: { hit, revoked, alreadyRevoked, expired, remaining: hit - revoked - alreadyRevoked - expired },
    ...(comment === undefined ? {} : { comment }),
    requester: declaration.actor.id,
    declaredAt,
    ...(containedAt ? { containedAt } : {}),
    ...(closedAt ? { closedAt } : {}),
    position: declaration.position,
  };
};

/** That of the declaration, unless it has been erased. */
export const commentOf = async (
  ledger: Ledger,
  [declaration]: readonly RecordedEvent[],
): Promise<{ comment?: string }> => {
  const fields = declaration ? await ledger.readErasable(declaration.id) : [];
  const comment = fields.find(({ field }) => field === 'comment')?.value;
  return comment === undefined ? {} : { comment };
};

const plain = ({ serials, issuedBetween, ...rest }: IncidentSelector): Incident['selector'] => ({
  ...rest,
  ...(serials ? { serials: [...serials] } : {}),
  ...(issuedBetween ? { issuedBetween: { ...issuedBetween } } : {}),
});
