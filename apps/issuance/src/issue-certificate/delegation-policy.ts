import type { Caller } from '@cartulary/access';
import { InvalidValueError } from '@cartulary/domain';
import { PolicyError } from './errors.js';

/** Our own responders: `responder`, or `responder-…` where each replica has an identity of its own. */
const isResponder = ({ kind, actor }: Caller, trustDomain: string): boolean => {
  const identity = `spiffe://${trustDomain}/cartulary/service/responder`;
  return kind === 'certificate' && (actor.id === identity || actor.id.startsWith(`${identity}-`));
};

/** Who answers for an issuer can call any of its certificates good: that is for our responders alone, by certificate. */
export const demandResponder = (caller: Caller, issuerId: string | undefined, trustDomain: string): void => {
  if (!isResponder(caller, trustDomain)) {
    throw new PolicyError('PROFILE_NOT_ALLOWED', 'only responders get ocsp-signing certificates');
  }
  if (issuerId === undefined) throw new InvalidValueError('issuerId', 'an ocsp-signing certificate names its issuer');
};
