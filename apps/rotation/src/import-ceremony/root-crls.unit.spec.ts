import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fold, type IssuerCrlImported, issuerDecider, type IssuerId, issuerStream, timestamp } from '@cartulary/domain';
import { InMemoryLedger } from '@cartulary/ledger/testing';
import { FixedClock, Secret } from '@cartulary/runtime';
import { IssuerDirectory } from '@cartulary/service';
import { CountingSigner, testSettings } from '@cartulary/service/testing';
import {
  type CeremonyManifest,
  holdCeremony,
  InMemorySigner,
  makeCeremonyRoot,
  makePlan,
  parseCrl,
  readCeremony,
} from '@cartulary/x509';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CreateTrustDomainCommand } from '../create-trust-domain/command.js';
import { CreateTrustDomainHandler } from '../create-trust-domain/handler.js';
import { RootCrls } from './root-crls.js';

const actor = { id: 'system:test', credential: 'system' };
const day = 86_400_000;
const from = new Date('2026-03-01T12:00:00Z');
const [transportPassphrase, sealPassphrase] = ['to carry them home', 'for the bad day only'];

describe('RootCrls', () => {
  let scratch: string;
  let directory: string;
  let manifest: CeremonyManifest;
  let ledger: InMemoryLedger;
  let clock: FixedClock;
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'cartulary-root-crls-'));
    directory = join(scratch, 'out');
    const { trustDomain, publicUrl } = testSettings;
    const plan = makePlan({
      ...{ trustDomain, publicUrl, keyAlgorithm: 'ecdsa-p256', kinds: ['workload', 'server'], epochs: 2, from },
      ...{ epochLength: 30 * day, longestCertificate: 90 * day, crlEvery: 10 * day, crlValidity: 20 * day },
      ...{ rootLife: 3_650 * day, skewSeconds: 300, together: 2 },
    });
    const signer = new InMemorySigner();
    const root = await makeCeremonyRoot(signer, plan, 'ecdsa-p256');
    manifest = await holdCeremony({
      ...{ planText: JSON.stringify(plan), root, signer, directory, transportPassphrase, sealPassphrase, logN: 10 },
      ...{ witnesses: [], tool: 'test', now: () => from },
    });
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));
  beforeEach(async () => {
    ledger = new InMemoryLedger();
    clock = new FixedClock(from);
    const imported = { ceremony: await readCeremony(directory), transportPassphrase };
    const command = new CreateTrustDomainCommand(actor, 'test', undefined, imported);
    await new CreateTrustDomainHandler(ledger, new CountingSigner(), testSettings, clock).execute(command);
  });

  const directoryOf = async (): Promise<IssuerDirectory> => {
    const issuers = new IssuerDirectory();
    for (const event of await ledger.readAll({ after: 0, limit: 1_000 }))
      if (event.type.startsWith('Issuer')) issuers.apply(event);
    return issuers;
  };
  const rootId = (): IssuerId => manifest.root.keyHash.slice(0, 16) as IssuerId;
  /** One round of a service that has just started; closed again. */
  const round = async (passphrase: string | undefined = sealPassphrase): Promise<void> => {
    const config = {
      ceremonyDirectory: directory,
      ceremonySealPassphrase: passphrase === '' ? undefined : new Secret(passphrase),
    };
    const crls = new RootCrls(ledger, await directoryOf(), testSettings, clock, config);
    await crls.onApplicationBootstrap();
    await crls.round();
    await crls.onApplicationShutdown();
  };
  const published = async () => {
    const { events } = await ledger.readStream(issuerStream(rootId()));
    return events
      .filter(({ type }) => type === 'IssuerCrlImported')
      .map(({ data }) => data as unknown as IssuerCrlImported['data']);
  };
  const cutOff = async (name: string): Promise<string> => {
    const { keyHash, serial } = manifest.issuers.find((issuer) => issuer.name === name)!;
    const stream = issuerStream(keyHash.slice(0, 16) as IssuerId);
    const { events, version } = await ledger.readStream(stream);
    const now = timestamp(clock.now());
    const command = { type: 'CutOffIssuer', issuerId: keyHash.slice(0, 16), serial, reason: 'cACompromise', now };
    const decided = issuerDecider.decide(command as never, fold(issuerDecider, events));
    await ledger.append({
      expectations: [{ stream, version }],
      events: decided.map((event) => ({ stream, ...event })),
      ...{ actor, correlationId: 'test', recordedAt: now },
    });
    return serial;
  };
  const listed = (crl: string): string[] => parseCrl(Buffer.from(crl, 'base64')).entries.map(({ serial }) => serial);

  it('has prepared issuers with the windows of the plan, a root without a key, and the rest made here', async () => {
    const issuers = (await directoryOf()).all();
    const root = issuers.find(({ purpose }) => purpose === 'root');
    expect(root).toMatchObject({ issuerId: rootId(), imported: true, status: 'prepared' });
    expect(root?.keyId).toBeUndefined();
    const planned = issuers.filter(({ parent }) => parent === rootId());
    expect(planned.map(({ purpose, epoch, activeFrom }) => `${purpose} ${epoch} ${activeFrom}`)).toEqual([
      'workload 1 2026-03-01T12:00:00.000Z',
      'workload 2 2026-03-31T12:00:00.000Z',
      'server 1 2026-03-01T12:00:00.000Z',
      'server 2 2026-03-31T12:00:00.000Z',
    ]);
    expect(planned.every(({ imported, keyId, keyAlgorithm }) => imported && keyId && keyAlgorithm)).toBe(true);
    const own = issuers.filter(({ imported }) => !imported).map(({ purpose }) => purpose);
    expect(own).toEqual(['system-root', 'system']);
  });

  it('are published on their dates, each once, and the first lets the root be used', async () => {
    await round();
    await round();
    expect((await published()).map(({ number }) => number)).toEqual([manifest.crls[0]!.number]);
    expect((await directoryOf()).find(rootId())?.status).toBe('active');
    clock.set(new Date(from.getTime() + 25 * day));
    await round();
    const [, second, ...others] = await published();
    expect([second?.number, others]).toEqual([manifest.crls[2]!.number, []]);
  });

  it('say who was cut off, one and then two, from then on and by date', async () => {
    await round();
    const first = await cutOff('workload-1');
    await round();
    expect(listed((await published())[1]!.crl)).toEqual([first]);
    clock.set(new Date(from.getTime() + 10 * day));
    await round();
    expect(listed((await published())[2]!.crl)).toEqual([first]);
    const second = await cutOff('server-2');
    await round();
    const all = await published();
    expect(listed(all[3]!.crl).sort()).toEqual([first, second].sort());
    const numbers = all.map(({ number }) => number);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    // A third one is beyond what was sealed: the two stay cut off.
    clock.advance(1_000);
    await cutOff('server-1');
    await round();
    const after = await published();
    expect(after).toEqual(all);
  });

  it('say nothing of a cut-off without the passphrase, and go on by date', async () => {
    await round('');
    await cutOff('workload-1');
    await round('');
    expect((await published()).map(({ entries }) => entries)).toEqual([0]);
    await expect(round('another passphrase')).rejects.toMatchObject({ code: 'KEYSTORE_WRONG_PASSPHRASE' });
  });
});
