import { readFile } from 'node:fs/promises';
import { PublicClient } from '@cartulary/client';
import type { Issuer, TrustBundle } from '@cartulary/contracts';
import { pemChainToDer, verifyChain } from '@cartulary/x509';
import { both, relative } from '../output/time.js';
import { type Check, isRelied, nameOf } from './examination.js';
import { failed, ok, type Seen, warning } from './finding.js';
import { publicUrlOf } from './public-side.js';
import { trouble } from './trouble.js';

/** Of its life: when so little is left, what comes after it should be under way. */
const LAST = 0.1;

interface Life {
  readonly notBefore: string;
  readonly notAfter: string;
}
type Age = 'young' | 'late' | 'over';
const ageOf = ({ notBefore, notAfter }: Life, now: Date): Age => {
  const [start, end] = [Date.parse(notBefore), Date.parse(notAfter)];
  if (end <= now.getTime()) return 'over';
  return end - now.getTime() < LAST * (end - start) ? 'late' : 'young';
};

/** The bundle as the service has it, as relying parties get it, and as it lies on this machine. */
export const rootsCheck: Check = async (examination) => {
  const [bundle, issuers] = await Promise.all([examination.bundle(), examination.issuers()]);
  const now = examination.now();
  const lives = [...bundle.roots, ...bundle.systemRoots].map((root) => judgeRoot(root, now));
  const publicUrl = publicUrlOf(examination, issuers);
  const served = publicUrl ? [await judgeServed(bundle, publicUrl).catch(troubleWith(publicUrl))] : [];
  return [...lives, ...served, await judgeFile(bundle, examination.connection.ca)];
};

const judgeRoot = (root: TrustBundle['roots'][number], now: Date): Seen => {
  const hint = 'Bring the next root into the bundle first, use it later, take this one out last.';
  const seen = `ends ${both(root.notAfter, now)}`;
  const age = ageOf(root, now);
  if (age === 'over') return failed(`ended ${relative(root.notAfter, now)}`, hint, root.issuerId);
  return age === 'late' ? warning(seen, hint, root.issuerId) : ok(seen, root.issuerId);
};

const troubleWith =
  (about: string) =>
  (error: unknown): Seen => ({ ...trouble(error), about });

const derOf = (pem: string): string[] => pemChainToDer(pem).map((der) => der.toString('base64'));

const judgeServed = async ({ roots }: TrustBundle, publicUrl: string): Promise<Seen> => {
  const about = `${publicUrl}/bundle.json`;
  const client = new PublicClient({ baseUrl: publicUrl, timeout: 5_000, retries: 0 });
  const served = new Set(
    (await client.bundle().finally(() => client.close())).keys.flatMap(({ x5c }) =>
      x5c.map((der) => Buffer.from(der, 'base64').toString('base64')),
    ),
  );
  const known = roots.flatMap(({ certificate }) => derOf(certificate));
  const missing = known.filter((root) => !served.has(root)).length;
  const more = served.size - (known.length - missing);
  if (missing === 0 && more === 0) return ok(`serves the ${known.length} of the ledger`, about);
  const hint = 'The responder has not heard of a change: see its readiness.';
  return failed(`${missing} of the ledger’s roots missing, ${more} that it has not`, hint, about);
};

/** Our own copy: who keeps it for others must know of a new root before it is used. */
const judgeFile = async ({ roots }: TrustBundle, file: string): Promise<Seen> => {
  const kept = new Set(derOf(await readFile(file, 'utf8')));
  const missing = roots.filter(({ certificate }) => derOf(certificate).some((root) => !kept.has(root)));
  if (missing.length === 0) return ok('has every root of the bundle', file);
  const names = missing.map(({ issuerId }) => issuerId).join(', ');
  return warning(`lacks ${names}`, 'Replace it by the bundle: `pem` of GET /v1/trust-bundle.', file);
};

/** Each issuer leads up to a root that is trusted, with nothing on the way that ends soon. */
export const chainCheck: Check = async (examination) => {
  const [bundle, issuers] = await Promise.all([examination.bundle(), examination.issuers()]);
  const now = examination.now();
  const below = issuers.filter((issuer) => isRelied(issuer) && issuer.parent !== undefined);
  return below.map((issuer) => judgeChain(issuer, bundle, now));
};

const judgeChain = (issuer: Issuer, { roots, systemRoots }: TrustBundle, now: Date): Seen => {
  const about = nameOf(issuer);
  const [leaf, ...more] = pemChainToDer(issuer.certificate);
  const trusted = (issuer.purpose === 'system' ? systemRoots : roots).flatMap(({ certificate }) =>
    pemChainToDer(certificate),
  );
  try {
    const intermediates = [...more, ...(issuer.chain ? pemChainToDer(issuer.chain) : [])];
    const path = verifyChain({ leaf: leaf!, intermediates, anchors: trusted, now });
    // An issuer of an epoch is replaced in time; what is above it is for people to replace.
    const standing = issuer.purpose === 'intermediate' || issuer.imported;
    if (standing && ageOf(issuer, now) === 'late')
      return warning(`ends ${both(issuer.notAfter, now)}`, 'Make or import what is to come after it.', about);
    return ok(`${path.length} certificates to a root of the bundle`, about);
  } catch (error) {
    const hint = 'Nobody who trusts the bundle believes what it issues. `cartulary issuer show` has its chain.';
    return failed((error as Error).message, hint, about);
  }
};
