import { setTimeout as sleep } from 'node:timers/promises';
import { CartularyClient, type TlsOptions } from '@cartulary/client';
import { pemToDer } from '@cartulary/x509';
import type { StandaloneProcess } from '@cartulary/testing';
import { storiesOf, type Story } from './certificate-story.js';
import type { CrlSeen, Evidence, Fact, OcspSeen } from './evidence.js';
import { readFacts } from './read-ledger.js';
import { type IssuerToWatch, RelyingParty } from './relying-party.js';

const SETTLE_MS = 60_000;
const WIDTH = 8;

/** TLS of a standalone service's first operator. */
export const operatorTls = (service: StandaloneProcess): TlsOptions => ({
  ca: service.read('root.crt'),
  cert: service.read('operator.crt'),
  key: service.read('operator.key'),
});

/** Those that issue to others, by their ids. */
export const listIssuers = async (
  client: CartularyClient,
): Promise<Map<string, IssuerToWatch & { purpose: string }>> => {
  const { issuers } = await client.listIssuers();
  return new Map(
    issuers.map(({ issuerId, purpose, certificate }) => [
      issuerId,
      { issuerId, purpose, certificate: pemToDer(certificate, 'CERTIFICATE') },
    ]),
  );
};

export const issuersOf = async (service: StandaloneProcess): ReturnType<typeof listIssuers> => {
  const client = new CartularyClient({ baseUrl: service.restUrl, tls: operatorTls(service) });
  try {
    return await listIssuers(client);
  } finally {
    await client.close();
  }
};

export const until = async <Result>(ask: () => Promise<Result | undefined>, what: string): Promise<Result> => {
  const deadline = Date.now() + SETTLE_MS;
  let last: unknown;
  for (;;) {
    const result = await ask().catch((error: unknown) => {
      last = error;
      return undefined;
    });
    if (result !== undefined) return result;
    if (Date.now() > deadline) throw new Error(`${what} did not come to rest`, { cause: last });
    await sleep(50);
  }
};

const inParallel = async <Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> => {
  const pending = items.values();
  const results: Result[] = [];
  const worker = async (): Promise<void> => {
    for (const item of pending) results.push(await work(item));
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
  return results;
};

const newestChange = (stories: Iterable<Story>, issuer: string): number =>
  Math.max(0, ...[...stories].filter(({ issuerId }) => issuerId === issuer).map(({ changedAt }) => changedAt));

/** Once the newest change is out, every issuer's CRL and the OCSP answer about every certificate. */
export const answersAtRest = async (
  party: RelyingParty,
  stories: readonly Story[],
  issuers: ReadonlyMap<string, IssuerToWatch>,
): Promise<Pick<Evidence, 'ocspAtRest' | 'crlsAtRest'>> => {
  const issuing = new Set(stories.map(({ issuerId }) => issuerId));
  const crlsAtRest: CrlSeen[] = [];
  for (const issuerId of issuing) {
    const newest = newestChange(stories, issuerId);
    const crl = async (): Promise<CrlSeen | undefined> => {
      const seen = await party.crl(issuers.get(issuerId)!);
      return seen.number > newest ? seen : undefined;
    };
    crlsAtRest.push(await until(crl, `the CRL of ${issuerId}`));
  }
  const ocspAtRest = await inParallel(stories, ({ serial, issuerId }): Promise<OcspSeen> =>
    until(() => party.ocsp(serial, issuers.get(issuerId)!), `OCSP about ${serial}`),
  );
  return { ocspAtRest, crlsAtRest };
};

/** The ledger, and what is said of it when it has come to rest. */
export const collectAtRest = async (
  service: StandaloneProcess,
  ownerUrl: string,
): Promise<Pick<Evidence, 'facts' | 'ocspAtRest' | 'crlsAtRest'>> => {
  const issuers = await issuersOf(service);
  const party = new RelyingParty(service.publicUrl);
  try {
    const stories = [...storiesOf(await readFacts(ownerUrl)).bySerial.values()];
    const atRest = await answersAtRest(party, stories, issuers);
    // Read again: a CRL that was only refreshed meanwhile is in the ledger too.
    const facts: Fact[] = await readFacts(ownerUrl);
    return { facts, ...atRest };
  } finally {
    await party.close();
  }
};
