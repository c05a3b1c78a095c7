import { isTrustDomain } from '../certificate/spiffe-id.js';
import { IssuerImportError } from '../errors.js';
import { keyAlgorithms, type KeyAlgorithm } from '../signer/key-algorithm.js';

export type CeremonyIssuerKind = 'workload' | 'server' | 'intermediate';

/** Times are RFC 3339, UTC. */
export interface PlannedIssuer {
  /** Names its files. */
  readonly name: string;
  readonly kind: CeremonyIssuerKind;
  /** Counts the issuers of one kind from 1. */
  readonly epoch: number;
  /** When its epoch begins. Its certificate is valid from the plan's beginning, so that it can step in sooner. */
  readonly activeFrom: string;
  readonly notAfter: string;
}

/** Listed by every CRL of the ceremony: what the same root's earlier ones said. */
export interface RevokedBefore {
  /** Lower-case hex. */
  readonly serial: string;
  readonly revokedAt: string;
}

export interface PlannedCrl {
  /** When it takes the place of the one before; its thisUpdate lies `skewSeconds` before. */
  readonly from: string;
  readonly nextUpdate: string;
}

/** What a ceremony is to make; a file that people read before they hold it. */
export interface CeremonyPlan {
  readonly version: 1;
  readonly trustDomain: string;
  /** Where relying parties will find CRLs and certificates. No trailing slash. */
  readonly publicUrl: string;
  /** Of the keys that are made in the ceremony. */
  readonly keyAlgorithm: KeyAlgorithm;
  readonly skewSeconds: number;
  /** From when on all certificates are valid, before the skew. */
  readonly from: string;
  readonly rootNotAfter: string;
  readonly issuers: readonly PlannedIssuer[];
  readonly crls: readonly PlannedCrl[];
  readonly revoked: readonly RevokedBefore[];
  /** How many issuers can be cut off in one period: a sealed CRL is signed for each set of up to so many. */
  readonly together: 1 | 2;
}

export const maxPlannedCrls = 1_000;
const maxIssuers = 64;
const maxSignatures = 100_000;

const isTime = (text: unknown): text is string =>
  typeof text === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/.test(text) && !isNaN(Date.parse(text));

const isPlan = (value: unknown): value is CeremonyPlan => {
  const plan = (value ?? {}) as Partial<CeremonyPlan>;
  const times = (list: unknown, ...names: readonly string[]): boolean =>
    Array.isArray(list) &&
    list.every((each: Record<string, unknown> | null) => names.every((name) => isTime(each?.[name])));
  return (
    plan.version === 1 &&
    [plan.trustDomain, plan.publicUrl].every((text) => typeof text === 'string') &&
    keyAlgorithms.includes(plan.keyAlgorithm as KeyAlgorithm) &&
    Number.isInteger(plan.skewSeconds) &&
    isTime(plan.from) &&
    isTime(plan.rootNotAfter) &&
    times(plan.issuers, 'activeFrom', 'notAfter') &&
    times(plan.crls, 'from', 'nextUpdate') &&
    times(plan.revoked, 'revokedAt') &&
    plan.revoked?.every(({ serial }) => /^(?:[0-9a-f]{2}){1,20}$/.test(serial)) === true &&
    (plan.together === 1 || plan.together === 2)
  );
};

/** Throws ISSUER_IMPORT_MALFORMED. What the plan says is `planProblems`' to judge. */
export const readPlan = (text: string): CeremonyPlan => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new IssuerImportError('ISSUER_IMPORT_MALFORMED', 'the plan is not JSON', { cause });
  }
  if (!isPlan(value)) throw new IssuerImportError('ISSUER_IMPORT_MALFORMED', 'not a plan of a ceremony (version 1)');
  return value;
};

const at = (text: string): number => Date.parse(text);

const issuerProblems = ({ issuers, from, rootNotAfter }: CeremonyPlan): string[] =>
  issuers.flatMap(({ name, kind, epoch, activeFrom, notAfter }) => {
    const problems: string[] = [];
    if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9-]{0,62}$/.test(name))
      problems.push('an issuer has no plain name');
    if (!['workload', 'server', 'intermediate'].includes(kind)) problems.push(`issuer ${name} is of no known kind`);
    const before = issuers.find((other) => other.kind === kind && other.epoch === epoch - 1);
    if (epoch !== 1 && !before) problems.push(`issuer ${name}: there is no epoch ${epoch - 1} of its kind`);
    if (epoch === 1 && at(activeFrom) !== at(from)) problems.push(`issuer ${name} is not active from the beginning`);
    if (before && at(before.activeFrom) >= at(activeFrom))
      problems.push(`issuer ${name} is active before ${before.name}`);
    if (before && at(before.notAfter) <= at(activeFrom))
      problems.push(`issuer ${before.name} ends before ${name} begins`);
    if (at(notAfter) <= at(activeFrom)) problems.push(`issuer ${name} ends before its epoch begins`);
    if (at(notAfter) > at(rootNotAfter)) problems.push(`issuer ${name} ends after the root`);
    return problems;
  });

const crlProblems = ({ crls, issuers, from, skewSeconds }: CeremonyPlan): string[] => {
  const problems: string[] = [];
  const [first, last] = [crls[0], crls.at(-1)];
  if (!first || !last) return ['there are no CRLs'];
  if (crls.length > maxPlannedCrls) problems.push(`there are more than ${maxPlannedCrls} CRLs`);
  if (at(first.from) > at(from)) problems.push(`there is no CRL from ${from} to ${first.from}`);
  crls.forEach((crl, index) => {
    const next = crls[index + 1];
    if (!next) return;
    if (at(next.from) - at(crl.from) < 2_000)
      problems.push(`the CRL from ${next.from} does not come after ${crl.from}`);
    // Whoever's clock is fast must find the next one before this one has ended.
    if (at(crl.nextUpdate) < at(next.from) + skewSeconds * 1_000)
      problems.push(`the CRL from ${crl.from} does not overlap the next: it ends at ${crl.nextUpdate}`);
  });
  const end = Math.max(...issuers.map(({ notAfter }) => at(notAfter)));
  if (at(last.nextUpdate) < end)
    problems.push(
      `there is no CRL from ${last.nextUpdate} until the last issuer ends at ${new Date(end).toISOString()}`,
    );
  return problems;
};

/** Everything that keeps a ceremony from being held; empty where nothing does. */
export const planProblems = (plan: CeremonyPlan): readonly string[] => {
  const { trustDomain, publicUrl, skewSeconds, issuers, crls, together } = plan;
  const problems: string[] = [];
  if (!isTrustDomain(trustDomain)) problems.push('the trust domain is not a lower-case DNS name');
  if (!/^https?:\/\/[^/?#]+(?:\/[^?#]*[^/?#])?$/.test(publicUrl))
    problems.push('the public URL is not a plain http URL');
  if (skewSeconds < 0 || skewSeconds > 86_400) problems.push('the skew is not between 0 and a day');
  const names = new Set(issuers.map(({ name }) => name));
  const places = new Set(issuers.map(({ kind, epoch }) => `${kind} ${epoch}`));
  if (names.size < issuers.length || places.size < issuers.length) problems.push('two issuers have one name or epoch');
  if (issuers.length === 0 || issuers.length > maxIssuers) problems.push(`there are not 1 to ${maxIssuers} issuers`);
  if (crls.length * (1 + setsOf(plan).length) > maxSignatures)
    problems.push(`these are too many CRLs to sign: fewer dates, or together: ${together - 1}`);
  return [...problems, ...issuerProblems(plan), ...crlProblems(plan)];
};

/** The sets of issuers that a sealed series is signed for, by name: each alone, then each two. */
export const setsOf = ({
  issuers,
  together,
}: Pick<CeremonyPlan, 'issuers' | 'together'>): readonly (readonly string[])[] => {
  const names = issuers.map(({ name }) => name);
  const alone = names.map((name) => [name]);
  if (together === 1) return alone;
  return [...alone, ...names.flatMap((name, i) => names.slice(i + 1).map((other) => [name, other]))];
};

// Room for the dates of one series, for the series of one size, and for one ceremony. Whatever lists more has the higher
// number, and so has whatever comes of a later ceremony.
const perSeries = 2 ** 10;
const perSize = 2 ** 24;
const perCeremony = 2 ** 26;
const minute = 60_000;

/** The CRL number of a date (from 0) in the series of a set (its index in `setsOf`); without one, of the dated CRLs. */
export const crlNumberOf = (
  { from }: Pick<CeremonyPlan, 'from'>,
  date: number,
  set?: { readonly index: number; readonly size: number },
): number =>
  Math.floor(at(from) / minute) * perCeremony + date + 1 + (set ? set.size * perSize + set.index * perSeries : 0);
