import { PublicClient } from '@cartulary/client';
import type { Issuer } from '@cartulary/contracts';
import { pemChainToDer } from '@cartulary/x509';
import { askOcsp, type OcspAnswer } from '../ocsp/relying-party.js';
import { hintFor } from '../output/report-error.js';
import { span } from '../output/time.js';
import { type Check, type Examination, isRelied, nameOf } from './examination.js';
import { failed, ok, type Seen, warning } from './finding.js';
import { certificateBelow } from './public-side.js';

const TIMEOUT_MS = 5_000;
/** Heartbeats come each second; what is much older comes from a responder without news. */
const STALE_MS = 30_000;

/** For each issuer, one of its certificates, asked about where that certificate says. */
export const ocspCheck: Check = async (examination) => {
  const issuers = (await examination.issuers()).filter((issuer) => isRelied(issuer) && issuer.crlUrl);
  return (await Promise.all(issuers.map((issuer) => look(examination, issuer)))).flat();
};

const look = async (examination: Examination, issuer: Issuer): Promise<Seen[]> => {
  const about = nameOf(issuer);
  const certificate = await certificateBelow(examination, issuer);
  const [url] = certificate?.ocspUrls ?? [];
  if (!certificate || !url) return issuer.status === 'active' ? [ok('no certificate to ask about', about)] : [];
  const client = new PublicClient({ baseUrl: url.replace(/\/ocsp\/?$/, ''), timeout: TIMEOUT_MS, retries: 0 });
  try {
    const [issuerDer] = pemChainToDer(issuer.certificate);
    const ask = (request: Buffer): Promise<Buffer> => client.ocsp(request);
    const answer = await askOcsp(certificate.serial, issuerDer!, ask, examination.now());
    return [{ about, ...judgeOcsp(answer, await backdatedBy(examination), examination.now()) }];
  } catch (error) {
    const hint = hintFor(error) ?? 'See the responder’s readiness: it needs a delegated certificate of this issuer.';
    return [failed(`${url}: ${(error as Error).message}`, hint, about)];
  } finally {
    await client.close();
  }
};

/** Milliseconds that thisUpdate lies before the news it rests on; without them no age is too old. */
const backdatedBy = (examination: Examination): Promise<number> =>
  examination.diagnostics().then(
    ({ settings }) => settings.clockSkew * 1_000,
    () => Infinity,
  );

export const judgeOcsp = ({ serial, status, thisUpdate }: OcspAnswer, backdated: number, now: Date): Seen => {
  const age = Math.max(0, now.getTime() - thisUpdate.getTime() - backdated);
  const seen = `${status.type}, ${span(age)} old, signed for this issuer`;
  if (status.type !== 'good')
    return failed(
      `${status.type} for ${serial}, which the ledger has as good`,
      'The responder knows less, or more, than the inventory: see the readiness and lag of both.',
    );
  return age > STALE_MS ? warning(seen, 'The responder has had no news for so long: see its readiness.') : ok(seen);
};
