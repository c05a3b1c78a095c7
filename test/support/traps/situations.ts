import { derToPem } from '@cartulary/x509';
import { ForgingSigner } from '@cartulary/x509/testing';
import type { Trust } from './envoy-listeners.js';
import { type Holder, PaperCa } from './paper-ca.js';

/** One client at one listener, and what Envoy has to make of it: `accepts`, else its reason. */
export interface Visit {
  readonly client: string;
  readonly holder: Holder;
  readonly verdict: string;
}

export interface Situation {
  readonly topic: Topic;
  readonly given: string;
  /** What the agent does about it, with the code by which it refuses what is given. */
  readonly agent: string;
  readonly trust: Trust;
  /** What the listener had before, under which the first visitor was refused as revoked. */
  readonly before?: Trust;
  /** Comes in place of `trust`, and the first visitor is accepted until its CRL ends. */
  readonly ending?: (nextUpdate: Date) => Promise<Trust>;
  /** Envoy says that it does not take it, and keeps what it had. */
  readonly rejected?: true;
  readonly visits: readonly Visit[];
}

/** DESIGN §11: 1, 3, 4, 5, 18, and what is no complete, signed CRL. */
export const topics = [
  'Issuing distribution points (§11.1)',
  'A CRL for every CA (§11.3)',
  'Ended CRLs (§11.4)',
  'Clearing (§11.5)',
  'Epochs (§11.18)',
  'What is no good CRL',
] as const;
export type Topic = (typeof topics)[number];
const [PARTS, CHAINS, DATES, CLEARING, EPOCHS, BROKEN] = topics;

const accepts = 'accepts';
const revoked = 'depth 0: certificate revoked';
const missing = (depth: number): string => `depth ${depth}: unable to get certificate CRL`;
const scope = 'depth 0: Different CRL scope';
const unhandled = 'depth 0: unhandled critical CRL extension';
const unsigned = 'depth 0: CRL signature failure';
const ended = (depth: number): string => `depth ${depth}: CRL has expired`;

const OTHER_URL = 'http://crl.test/shard-7.crl';
const CRL_URL = 'http://crl.test/issuer.crl';
const utf8 = (hex: string, text: string): string => hex + Buffer.from(text).toString('hex');
/** DistributionPointName with one URL; a full CRL's, or one shard's. */
const pointAt = (url: string): Buffer => {
  const uri = utf8(`86${url.length.toString(16).padStart(2, '0')}`, url);
  const wrapped = [0xa0, 0xa0].reduce((hex, tag) => `${tag.toString(16)}${(hex.length / 2).toString(16)}${hex}`, uri);
  return Buffer.from(`30${(wrapped.length / 2).toString(16)}${wrapped}`, 'hex');
};
const userCertificatesOnly = Buffer.from('30038101ff', 'hex');

const pem = (...crls: readonly Buffer[]): Buffer => Buffer.from(crls.map((der) => derToPem(der, 'X509 CRL')).join(''));

/** Root, intermediate, two live epochs of issuers below it, and another mesh; each trap of DESIGN §11 that touches Envoy. */
export const situations = async (): Promise<{
  root: string;
  server: Holder;
  /** The CAs of our mesh, DER. */
  authorities: readonly Buffer[];
  situations: readonly Situation[];
}> => {
  const signer = new ForgingSigner();
  const root = await PaperCa.root(signer, 'Mesh root');
  const middle = await root.below('Mesh intermediate', 'intermediate');
  const first = await middle.below('Workloads, epoch 1', 'issuer');
  const second = await middle.below('Workloads, epoch 2', 'issuer');
  const others = await PaperCa.root(signer, 'Other mesh');
  const federated = await others.below('Other workloads', 'issuer');

  const bad = await first.holder('front', { crlUrl: CRL_URL });
  const good = await first.holder('front', { crlUrl: CRL_URL });
  const unlocated = await first.holder('front');
  const later = await second.holder('front', { serial: bad.serial });
  const laterBad = await second.holder('front');
  const friend = await federated.holder('front');
  const server = await second.holder('back');

  const [ofRoot, ofMiddle] = [await root.crl(), await middle.crl()];
  const listing = await first.crl({ revoked: [bad.serial] });
  const clear = await first.crl({ number: 11n });
  const ofSecond = await second.crl({ revoked: [laterBad.serial] });
  const upper = [ofRoot, ofMiddle];
  const anchors = root.pem;
  const trust = (...crls: readonly Buffer[]): Trust => ({ anchors, crl: pem(...crls) });
  const all = trust(...upper, listing, ofSecond);

  const isGood = (verdict: string): Visit => ({ client: 'good, epoch 1', holder: good, verdict });
  const isBad = (verdict: string): Visit => ({ client: 'revoked, epoch 1', holder: bad, verdict });
  const isLater = (verdict: string): Visit => ({ client: 'good, epoch 2', holder: later, verdict });
  const isLaterBad = (verdict: string): Visit => ({ client: 'revoked, epoch 2', holder: laterBad, verdict });
  const isFriend = (verdict: string): Visit => ({ client: 'good, other mesh', holder: friend, verdict });
  const isUnlocated = (verdict: string): Visit => ({ client: 'good, names no CRL', holder: unlocated, verdict });

  const hour = 3_600_000;
  const past = { thisUpdate: new Date(Date.now() - 2 * hour), nextUpdate: new Date(Date.now() - hour) };
  const future = { thisUpdate: new Date(Date.now() + hour) };
  const shard = (url: string, serials: readonly string[]) =>
    first.crl({ revoked: serials, distributionPoint: pointAt(url) });
  const idp = async (distributionPoint: Buffer) =>
    trust(...upper, await first.crl({ revoked: [bad.serial], distributionPoint }), ofSecond);

  const forged = Buffer.from(listing);
  forged[forged.length - 1]! ^= 1;
  const delta = await first.crl({ revoked: [bad.serial], number: 11n, baseCrlNumber: 10n });

  const notComplete = 'refuses it (`CRL_NOT_COMPLETE`), keeps the last good one; our signer does not sign one';
  const noDelta = 'refuses it (`CRL_NOT_COMPLETE`), keeps the last good one; the CA sends agents complete ones alone';
  const rootsOnly = 'refuses such a bundle (`BUNDLE_ANCHOR_NOT_A_ROOT`)';
  const whole = 'gives every CA’s CRL; hands out a certificate when all CAs above it have one here, or after 30 s';
  const checks = (code: string): string => `refuses it (\`${code}\`), keeps the last good one`;
  return {
    root: root.pem,
    server,
    authorities: [root, middle, first, second].map(({ certificate }) => certificate),
    situations: [
      {
        topic: PARTS,
        given: 'a CRL with an IDP that names the URL of the certificate’s CRL',
        agent: notComplete,
        trust: await idp(pointAt(CRL_URL)),
        visits: [isBad(revoked), isGood(accepts), isUnlocated(scope)],
      },
      {
        topic: PARTS,
        given: 'a CRL with an IDP of another URL (a shard)',
        agent: notComplete,
        trust: await idp(pointAt(OTHER_URL)),
        visits: [isBad(scope), isGood(scope)],
      },
      {
        topic: PARTS,
        given: 'two shards with IDPs; the certificate names the one that does not list it',
        agent: notComplete,
        trust: trust(...upper, ofSecond, await shard(CRL_URL, []), await shard(OTHER_URL, [bad.serial])),
        visits: [isBad(accepts), isGood(accepts), isUnlocated(scope)],
      },
      {
        topic: PARTS,
        given: 'a CRL with an IDP, `onlyContainsUserCerts`',
        agent: notComplete,
        trust: await idp(userCertificatesOnly),
        visits: [isBad(revoked), isGood(accepts)],
      },
      {
        topic: CHAINS,
        given: 'CRLs of every CA of the chain',
        agent: whole,
        trust: all,
        visits: [isGood(accepts), isBad(revoked)],
      },
      {
        topic: CHAINS,
        given: 'no CRL of the root',
        agent: whole,
        trust: trust(ofMiddle, listing, ofSecond),
        visits: [isGood(missing(2))],
      },
      {
        topic: CHAINS,
        given: 'no CRL of the intermediate',
        agent: whole,
        trust: trust(ofRoot, listing, ofSecond),
        visits: [isGood(missing(1))],
      },
      {
        topic: CHAINS,
        given: 'the issuer’s CRL alone, `only_verify_leaf_cert_crl`; the intermediate has cut off epoch 1',
        agent: 'never sets it: the CRL that cuts off an issuer is its parent’s',
        trust: { ...trust(listing, ofSecond, await middle.crl({ revoked: [first.serial] })), onlyLeaf: true },
        visits: [isGood(accepts), isBad(revoked)],
      },
      {
        topic: CHAINS,
        given: 'the intermediate as the only anchor, no CRLs',
        agent: rootsOnly,
        trust: { anchors: middle.pem },
        visits: [isGood(accepts)],
      },
      {
        topic: CHAINS,
        given: 'the intermediate as the only anchor, CRLs of every CA',
        agent: rootsOnly,
        trust: { ...all, anchors: middle.pem },
        visits: [isGood(missing(2))],
      },
      {
        topic: CHAINS,
        given: 'root and intermediate as anchors, CRLs of every CA',
        agent: rootsOnly,
        trust: { ...all, anchors: root.pem + middle.pem },
        visits: [isGood(accepts), isBad(revoked)],
      },
      {
        topic: CHAINS,
        given: 'another mesh’s root without CRLs beside ours with CRLs',
        agent: 'serves its own trust domain alone',
        trust: { ...all, anchors: root.pem + others.pem },
        visits: [isFriend(missing(0)), isGood(accepts)],
      },
      {
        topic: CHAINS,
        given: 'another mesh’s root without CRLs, in a context of its own',
        agent: 'serves its own trust domain alone',
        trust: { anchors: others.pem },
        visits: [isFriend(accepts)],
      },
      {
        topic: DATES,
        given: 'the issuer’s CRL has ended',
        agent: 'never pushes one that has ended (`CRL_EXPIRED`); alarm on its age',
        trust: trust(...upper, await first.crl(past), ofSecond),
        visits: [isGood(ended(0)), isLater(accepts)],
      },
      {
        topic: DATES,
        given: 'the root’s CRL has ended',
        agent: 'never pushes one that has ended (`CRL_EXPIRED`); alarm on its age',
        trust: trust(await root.crl(past), ofMiddle, listing, ofSecond),
        visits: [isGood(ended(2)), isLater(ended(2))],
      },
      {
        topic: DATES,
        given: 'a CRL that ends while Envoy has it',
        agent: '`cartulary_agent_crl_left_seconds`, alarm at half of its validity',
        trust: all,
        ending: async (nextUpdate) => trust(...upper, await first.crl({ nextUpdate }), ofSecond),
        visits: [isGood(ended(0))],
      },
      {
        topic: DATES,
        given: 'a CRL that begins in an hour',
        agent: checks('CRL_NOT_YET_VALID'),
        trust: trust(...upper, await first.crl(future), ofSecond),
        visits: [isGood('depth 0: CRL is not yet valid')],
      },
      {
        topic: CLEARING,
        given: 'after a CRL that lists it, a signed one with no entries and a higher number',
        agent: 'this is how it clears',
        before: all,
        trust: trust(...upper, clear, ofSecond),
        visits: [isBad(accepts), isGood(accepts)],
      },
      {
        topic: CLEARING,
        given: 'after a CRL that lists it, an empty `crl`',
        agent: 'never pushes one: a CRL without bytes is refused (`CRL_EMPTY`)',
        before: all,
        trust: { anchors, crl: Buffer.alloc(0) },
        visits: [isBad(accepts), isGood(accepts)],
      },
      {
        topic: CLEARING,
        given: 'after a CRL that lists it, no field `crl`',
        agent: 'keeps the last good CRLs, also over restarts',
        before: all,
        trust: { anchors },
        visits: [isBad(accepts), isGood(accepts)],
      },
      {
        topic: CLEARING,
        given: 'after a CRL that lists it, an older one (lower number)',
        agent: checks('CRL_NUMBER_LOWER'),
        before: all,
        trust: trust(...upper, await first.crl({ number: 9n }), ofSecond),
        visits: [isBad(accepts)],
      },
      {
        topic: CLEARING,
        given: 'two CRLs of one CA: the older without it, then the newer that lists it',
        agent: 'gives one CRL of each CA',
        trust: trust(...upper, await first.crl({ number: 9n, thisUpdate: past.thisUpdate }), listing, ofSecond),
        visits: [isBad(revoked), isGood(accepts)],
      },
      {
        topic: EPOCHS,
        given: 'both epochs’ CRLs in one field; the good one of epoch 2 has the serial that is revoked in epoch 1',
        agent: whole,
        trust: all,
        visits: [isBad(revoked), isLater(accepts), isLaterBad(revoked)],
      },
      {
        topic: EPOCHS,
        given: 'no CRL of epoch 2',
        agent: whole,
        trust: trust(...upper, listing),
        visits: [isLater(missing(0)), isLaterBad(missing(0)), isGood(accepts)],
      },
      {
        topic: EPOCHS,
        given: 'epoch 1 is in the intermediate’s CRL; the root’s is the old one',
        agent: 'how an incident cuts off an epoch, without the root’s key',
        trust: trust(ofRoot, await middle.crl({ revoked: [first.serial], number: 11n }), listing, ofSecond),
        visits: [isGood('depth 1: certificate revoked'), isLater(accepts)],
      },
      {
        topic: EPOCHS,
        given: 'the same, and epoch 1 has no CRL of its own any more',
        agent: 'either way it is refused',
        trust: trust(ofRoot, await middle.crl({ revoked: [first.serial], number: 11n }), ofSecond),
        visits: [isGood(missing(0)), isLater(accepts)],
      },
      {
        topic: BROKEN,
        given: 'a complete CRL, and a delta that lists it',
        agent: noDelta,
        trust: trust(...upper, await first.crl(), delta, ofSecond),
        visits: [isBad(accepts), isGood(accepts)],
      },
      {
        topic: BROKEN,
        given: 'a delta alone',
        agent: noDelta,
        trust: trust(...upper, delta, ofSecond),
        visits: [isBad(unhandled), isGood(unhandled)],
      },
      {
        topic: BROKEN,
        given: 'after a good CRL, text that is none',
        agent: checks('CRL_MALFORMED'),
        before: all,
        trust: { anchors, crl: Buffer.from('not a CRL\n') },
        visits: [isBad(missing(0)), isGood(missing(0))],
      },
      {
        topic: BROKEN,
        given: 'after a good CRL, DER in place of PEM',
        agent: 'makes the PEM itself; what is not one CRL is refused (`CRL_MALFORMED`)',
        before: all,
        trust: { anchors, crl: Buffer.concat([ofRoot, ofMiddle, listing, ofSecond]) },
        visits: [isBad(missing(0)), isGood(missing(0))],
      },
      {
        topic: BROKEN,
        given: 'after good CRLs, those of the others, then PEM around what is no CRL: **rejected**',
        agent: checks('CRL_MALFORMED'),
        before: all,
        rejected: true,
        trust: trust(...upper, ofSecond, Buffer.from('not a CRL')),
        visits: [isBad(revoked), isGood(accepts), isLater(accepts)],
      },
      {
        topic: BROKEN,
        given: 'after good CRLs, PEM around what is no CRL, then all of them: **rejected**',
        agent: checks('CRL_MALFORMED'),
        before: all,
        rejected: true,
        trust: trust(Buffer.from('not a CRL'), ...upper, listing, ofSecond),
        visits: [isBad(revoked), isGood(accepts), isLater(accepts)],
      },
      {
        topic: BROKEN,
        given: 'a CRL of epoch 1 whose signature is wrong',
        agent: checks('CRL_BAD_SIGNATURE'),
        trust: trust(...upper, forged, ofSecond),
        visits: [isBad(unsigned), isGood(unsigned), isLater(accepts)],
      },
      {
        topic: BROKEN,
        given: 'a CRL too many, of a CA that is in no chain',
        agent: checks('CRL_UNKNOWN_ISSUER'),
        trust: trust(...upper, listing, ofSecond, await others.crl()),
        visits: [isGood(accepts), isBad(revoked)],
      },
      {
        topic: BROKEN,
        given: 'a CRL twice',
        agent: 'gives one CRL of each CA',
        trust: trust(...upper, listing, listing, ofSecond),
        visits: [isGood(accepts), isBad(revoked)],
      },
    ],
  };
};
