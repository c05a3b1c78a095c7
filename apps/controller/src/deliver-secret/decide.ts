import type { KnownCertificate } from '../certificates/known-certificate.js';
import type { SecretFacts } from './secret-facts.js';

/** A service account, as far as it matters. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface Situation {
  readonly account: Account;
  /** The account's SPIFFE ID. */
  readonly identity: string;
  readonly secret: SecretFacts | undefined;
  /** What is known of the certificate in the Secret; `missing`: the ledger has none of that serial. */
  readonly certificate: KnownCertificate | 'missing' | undefined;
  /** Live certificates of the identity that this controller asked for. */
  readonly live: readonly KnownCertificate[];
  /** The Secret's chain ends at one of today's roots. */
  readonly anchored: boolean;
  /** Of today's roots. */
  readonly rootDigest: string;
  readonly type: string;
  /** Milliseconds for which a certificate that was replaced stays good. */
  readonly grace: number;
  readonly now: Date;
}

export type IssueReason =
  | 'no-secret'
  | 'other-type'
  | 'unreadable'
  | 'wrong-key'
  | 'wrong-identity'
  | 'other-account'
  | 'expired'
  | 'revoked'
  | 'not-in-ledger';

export type Action =
  /** Nothing, before `until` at the earliest. */
  | { readonly type: 'wait'; readonly until: Date; readonly held?: true }
  /** A new key and a certificate without a predecessor. */
  | { readonly type: 'issue'; readonly reason: IssueReason }
  /** A new key and a certificate that follows this one. */
  | { readonly type: 'renew'; readonly serial: string }
  /** The same key and certificate; chain, root, labels or owner as they should be. */
  | { readonly type: 'mend'; readonly serial: string }
  /** Whether this certificate is still good has to be asked. */
  | { readonly type: 'ask'; readonly serial: string }
  /** Revoke what this account no longer uses. */
  | { readonly type: 'supersede'; readonly serials: readonly string[] }
  /** The Secret is somebody else's. */
  | { readonly type: 'leave' };

/** The one next step that brings the Secret to what it should be. */
export const decide = (situation: Situation): Action => {
  const { account, secret, now } = situation;
  if (!secret) return { type: 'issue', reason: 'no-secret' };
  const owned = secret.owners.includes(account.uid);
  if (!owned && secret.account !== account.name) return { type: 'leave' };
  const unfit = whyUnfit(situation, secret, owned);
  if (unfit) return { type: 'issue', reason: unfit };

  const { serial } = secret.certificate!;
  const { certificate } = situation;
  if (certificate === undefined) return { type: 'ask', serial };
  if (certificate === 'missing') return { type: 'issue', reason: 'not-in-ledger' };
  if (certificate.status === 'revoked') return { type: 'issue', reason: 'revoked' };
  // A hold means that this account shall have no certificate for a while: a new one would undo it.
  if (certificate.status === 'held') return { type: 'wait', until: certificate.notAfter, held: true };
  if (now >= certificate.renewAt) return { type: 'renew', serial };
  const whole = situation.anchored && secret.rootDigest === situation.rootDigest && secret.labelled && owned;
  if (!whole) return { type: 'mend', serial };
  return decideOthers(situation, secret, certificate);
};

const whyUnfit = ({ identity, type, now }: Situation, secret: SecretFacts, owned: boolean): IssueReason | undefined => {
  // A Secret's type can't be changed: it is made anew.
  if (secret.type !== type) return 'other-type';
  const { certificate } = secret;
  if (!certificate) return 'unreadable';
  if (!certificate.keyFits) return 'wrong-key';
  if (certificate.uris.length !== 1 || certificate.uris[0] !== identity) return 'wrong-identity';
  // Of an account of the same name that was deleted: who had its key shall not have this one's.
  if (!owned && secret.owners.length > 0) return 'other-account';
  return now >= certificate.notAfter ? 'expired' : undefined;
};

/**
 * Predecessors, and certificates whose key was lost when a controller died before it wrote the Secret. They stay good for
 * the grace, since pods get to see a Secret's change a minute or two later.
 */
const decideOthers = ({ live, grace, now }: Situation, secret: SecretFacts, current: KnownCertificate): Action => {
  const others = live.filter(({ serial, status, notAfter, apart }) => {
    return serial !== current.serial && status === 'active' && notAfter > now && !apart;
  });
  if (others.length === 0) return { type: 'wait', until: current.renewAt };
  // An annotation that somebody set into the future puts nothing off for longer than the grace from now.
  const delivered = Math.min((secret.deliveredAt ?? secret.certificate!.notBefore).getTime(), now.getTime());
  const end = delivered + grace;
  if (now.getTime() >= end) return { type: 'supersede', serials: others.map(({ serial }) => serial) };
  return { type: 'wait', until: new Date(Math.min(end, current.renewAt.getTime())) };
};
