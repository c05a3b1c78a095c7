import { fetchPublication } from '@cartulary/client';
import type { Issuer } from '@cartulary/contracts';
import { type ParsedCrl, pemChainToDer, verifyCrl } from '@cartulary/x509';
import { both, relative } from '../output/time.js';
import { type Check, type Examination, isRelied, nameOf } from './examination.js';
import { failed, ok, type Seen, warning } from './finding.js';
import { certificateBelow } from './public-side.js';
import { trouble } from './trouble.js';

const TIMEOUT_MS = 5_000;
/** From a publication to the responders: what is younger may be under way. */
const UNDER_WAY_MS = 30_000;
/** Of the time between two updates: relying parties need some of it to get the next one. */
const LAST = 0.25;

/** Each CRL as a relying party gets it: from the URL that certificates name. */
export const crlCheck: Check = async (examination) => {
  const issuers = (await examination.issuers()).filter((issuer) => isRelied(issuer) && issuer.crlUrl);
  return Promise.all(issuers.map((issuer) => look(examination, issuer)));
};

const look = async (examination: Examination, issuer: Issuer): Promise<Seen> => {
  const about = nameOf(issuer);
  if (!issuer.crl) {
    const seen = 'none is published yet';
    const hint = 'The revocation service publishes it: is it ready?';
    return issuer.status === 'prepared' ? warning(seen, hint, about) : failed(seen, hint, about);
  }
  const named = (await certificateBelow(examination, issuer))?.crlUrls ?? [];
  const url = named[0] ?? issuer.crlUrl!;
  let der: Buffer;
  try {
    der = await fetchPublication(url, TIMEOUT_MS);
  } catch (error) {
    const hint = 'Relying parties ask there: serve it, or set CARTULARY_PUBLIC_URL, for certificates to come.';
    return failed(`${url}: ${(error as Error).message}`, hint, about);
  }
  try {
    return { about, ...judgeCrl(verifyCrl(der, pemChainToDer(issuer.certificate)[0]!), issuer.crl, examination.now()) };
  } catch (error) {
    return { ...trouble(error), about };
  }
};

export const judgeCrl = (crl: ParsedCrl, published: NonNullable<Issuer['crl']>, now: Date): Seen => {
  const number = Number(crl.number ?? 0n);
  const { thisUpdate, nextUpdate } = crl;
  const republish = 'The revocation service signs a new one in time: is it ready, and does the responder hear of it?';
  if (!nextUpdate) return failed('without nextUpdate', republish);
  const seen = `number ${number}, ${crl.entries.length} revoked, next update ${relative(nextUpdate, now)}`;
  if (now < thisUpdate)
    return failed(`not valid before ${both(thisUpdate, now)}`, 'Compare this machine’s clock with the server’s.');
  if (now >= nextUpdate) return failed(`expired ${both(nextUpdate, now)}`, republish);
  if (number < published.number) {
    const lag = `number ${number}, but ${published.number} was published ${relative(published.publishedAt, now)}`;
    const hint = 'A responder or a cache before it is behind: see the responder’s readiness.';
    const young = now.getTime() - Date.parse(published.publishedAt) < UNDER_WAY_MS;
    return young ? warning(lag, hint) : failed(lag, hint);
  }
  const [left, whole] = [nextUpdate.getTime() - now.getTime(), nextUpdate.getTime() - thisUpdate.getTime()];
  return left < LAST * whole ? warning(seen, republish) : ok(seen);
};
