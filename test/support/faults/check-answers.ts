import { type Outage, storiesOf, type Story } from './certificate-story.js';
import type { Command, CrlSeen, Evidence, Fact, OcspSeen, Violations } from './evidence.js';

/** The reasons by serial that a CRL of this number has to state, and no others. */
const entriesBefore = (facts: readonly Fact[], issuerId: string, number: number): Map<string, string> => {
  const revoked = [...storiesOf(facts, number).bySerial.values()].filter(
    (story) => story.issuerId === issuerId && story.status !== 'good',
  );
  return new Map(revoked.map(({ serial, reason }) => [serial, reason ?? 'unspecified']));
};

const checkCrl = (crl: CrlSeen, facts: readonly Fact[]): Violations => {
  const { issuerId, number, entries, sha256 } = crl;
  const name = `CRL ${number} of ${issuerId}`;
  const about = facts.filter(({ data }) => data.issuerId === issuerId);
  const prepared = about.find(({ type, position }) => type === 'CrlPrepared' && position === number);
  const published = about.find(({ type, data }) => type === 'CrlPublished' && data.number === number);
  if (!prepared || !published) return [`${name} was never published`];
  const wrong: Violations = published.data.sha256 === sha256 ? [] : [`${name} is not the one that was published`];
  const expected = entriesBefore(facts, issuerId, number);
  for (const [serial, reason] of expected) {
    if (entries[serial] !== reason) wrong.push(`${name} says ${entries[serial]} of ${serial}, which is ${reason}`);
  }
  for (const serial of Object.keys(entries)) {
    if (!expected.has(serial)) wrong.push(`${name} lists ${serial}, which was not revoked`);
  }
  return wrong;
};

const checkCrlOrder = (seen: readonly CrlSeen[], facts: readonly Fact[]): Violations => {
  const wrong: Violations = [];
  for (const [issuerId, crls] of Map.groupBy(seen, (crl) => crl.issuerId)) {
    let last: CrlSeen | undefined;
    for (const crl of crls) {
      if (last && crl.number < last.number) wrong.push(`CRL of ${issuerId}: ${crl.number} followed ${last.number}`);
      if (last?.number === crl.number && last.sha256 !== crl.sha256)
        wrong.push(`two CRLs of ${issuerId} are ${crl.number}`);
      if (last?.number !== crl.number) wrong.push(...checkCrl(crl, facts));
      last = crl;
    }
  }
  const published = facts.filter(({ type }) => type === 'CrlPublished');
  for (const [issuerId, events] of Map.groupBy(published, ({ data }) => data.issuerId)) {
    const numbers = events.map(({ data }) => data.number ?? 0);
    const grown = numbers.every((number, index) => index === 0 || number > numbers[index - 1]!);
    if (!grown) wrong.push(`the published numbers of ${issuerId} do not grow: ${numbers.join(' ')}`);
  }
  return wrong;
};

type Told = ReadonlyMap<number, number>;

/** Milliseconds: how long a commit may take. Its time is taken when it begins; it counts once its end is acknowledged. */
const COMMIT_MS = 2_000;

/** When, by position, clients were told of what they had commanded. */
const acknowledgements = (commands: readonly Command[]): Told =>
  new Map(commands.flatMap(({ position, answeredAt }) => (position === undefined ? [] : [[position, answeredAt]])));

/** Whether the answer lies in the outage for sure: it claims to know of a time in it, and came before its end. */
const within = ({ thisUpdate, receivedAt }: OcspSeen, { since, sincePosition, until }: Outage, told: Told): boolean => {
  const known = Math.max(since, Math.min(told.get(sincePosition) ?? Infinity, since + COMMIT_MS));
  return thisUpdate >= known && receivedAt < until;
};

/**
 * When somebody was told of this outage, and not of the one before: an answer can be behind, and a CRL holds what was
 * revoked before its number.
 */
const toldOf = (
  { since, sincePosition }: Outage,
  before: Outage | undefined,
  revoked: readonly OcspSeen[],
  listed: readonly CrlSeen[],
): number => {
  const over = before ? before.until + COMMIT_MS : -Infinity;
  const answers = revoked.filter(({ receivedAt, thisUpdate }) => receivedAt >= since && thisUpdate >= over);
  const crls = listed.filter(({ receivedAt, number }) => receivedAt >= since && number > sincePosition);
  return Math.min(...[...answers, ...crls].map(({ receivedAt }) => receivedAt));
};

/** No answer dated at or after a revocation says good, and once anyone was told revoked nobody is told good. */
const checkOcspOrder = (
  seen: readonly OcspSeen[],
  crls: readonly CrlSeen[],
  story: Story,
  acknowledged: Told,
): Violations => {
  const wrong: Violations = [];
  const { serial, outages } = story;
  const revoked = seen.filter(({ says }) => says === 'revoked');
  const listed = crls.filter(({ entries }) => serial in entries);
  const told = outages.map((outage, index) => toldOf(outage, outages[index - 1], revoked, listed));
  for (const answer of seen.filter(({ says }) => says === 'good')) {
    const { sentAt, receivedAt, thisUpdate } = answer;
    if (outages.some((outage) => within(answer, outage, acknowledged)))
      wrong.push(`good, dated ${thisUpdate}, after the revocation of ${serial}`);
    const again = outages.findIndex(({ until }, index) => told[index]! < sentAt && receivedAt < until);
    if (again !== -1) wrong.push(`un-revoked: ${serial} was good again at ${receivedAt}, told at ${told[again]}`);
  }
  return wrong;
};

const checkAtRest = (story: Story, ocsp: OcspSeen | undefined, crl: CrlSeen | undefined): Violations => {
  const { serial, status, reason } = story;
  const wanted = status === 'good' ? 'good' : 'revoked';
  if (!ocsp) return [`OCSP was not asked about ${serial}`];
  if (!crl) return [`there is no CRL of ${story.issuerId}`];
  const wrong: Violations = [];
  if (ocsp.says !== wanted || ocsp.reason !== reason)
    wrong.push(`OCSP says ${ocsp.says} ${ocsp.reason ?? ''} of ${serial}, which is ${status} ${reason ?? ''}`);
  if (crl.entries[serial] !== reason)
    wrong.push(`the CRL says ${crl.entries[serial]} of ${serial}, which is ${status} ${reason ?? ''}`);
  return wrong;
};

/** Ledger, CRLs and OCSP agree at rest, and no answer on the way contradicted the ledger or an earlier answer. */
export const checkAnswers = (evidence: Evidence): Violations => {
  const { facts, ocspSeen, crlsSeen, ocspAtRest, crlsAtRest } = evidence;
  const { bySerial } = storiesOf(facts);
  const ocspBySerial = new Map(ocspAtRest.map((answer) => [answer.serial, answer]));
  const crlByIssuer = new Map(crlsAtRest.map((crl) => [crl.issuerId, crl]));
  const answers = Map.groupBy([...ocspSeen, ...ocspAtRest], ({ serial }) => serial);
  const crls = [...crlsSeen, ...crlsAtRest];
  const acknowledged = acknowledgements(evidence.commands);
  const wrong = checkCrlOrder(crls, facts);
  for (const [serial, seen] of answers) {
    const story = bySerial.get(serial);
    if (story) wrong.push(...checkOcspOrder(seen, crls, story, acknowledged));
    else wrong.push(...seen.filter(({ says }) => says !== 'unknown').map(() => `OCSP knows ${serial}, the ledger not`));
  }
  for (const story of bySerial.values())
    wrong.push(...checkAtRest(story, ocspBySerial.get(story.serial), crlByIssuer.get(story.issuerId)));
  return wrong;
};
