import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { issuerDecider, issuerStream, fold, type IssuerPurpose, trustDomainStream } from '@cartulary/domain';
import { InMemoryLedger } from '@cartulary/ledger/testing';
import { FixedClock } from '@cartulary/runtime';
import { IssuerDirectory } from '@cartulary/service';
import { CountingSigner, testSettings } from '@cartulary/service/testing';
import {
  certificateFacts,
  derChainToPem,
  derToPem,
  describeCertificate,
  generatePrivateKey,
  issueCertificate,
  issueRoot,
  newSerial,
  validateIssuerImport,
} from '@cartulary/x509';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CreateTrustDomainCommand } from './command.js';
import { CreateTrustDomainHandler } from './handler.js';

const openssl = promisify(execFile);
const actor = { id: 'system:test', credential: 'system' };

describe('CreateTrustDomainHandler', () => {
  let ledger: InMemoryLedger;
  let signer: CountingSigner;
  let clock: FixedClock;
  let directory: string;
  beforeEach(async () => {
    ledger = new InMemoryLedger();
    signer = new CountingSigner();
    clock = new FixedClock(new Date());
    directory = await mkdtemp(join(tmpdir(), 'cartulary-rotation-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  const create = (imported?: CreateTrustDomainCommand['imported'], over = {}) =>
    new CreateTrustDomainHandler(ledger, signer, { ...testSettings, ...over }, clock).execute(
      new CreateTrustDomainCommand(actor, 'test', imported),
    );
  const events = () => ledger.readAll({ after: 0, limit: 100 });
  const issuers = async () => {
    const known = new IssuerDirectory();
    for (const event of await events()) if (event.type.startsWith('Issuer')) known.apply(event);
    return known;
  };
  const byPurpose = async (purpose: IssuerPurpose) => {
    const issuer = (await issuers()).all().find((one) => one.purpose === purpose);
    if (!issuer) throw new Error(`no ${purpose}`);
    return { ...issuer, der: Buffer.from(issuer.certificate, 'base64') };
  };
  /** Whether openssl finds a strict path from the CA to the root. */
  const verifies = async (purpose: IssuerPurpose, rootPurpose: IssuerPurpose): Promise<boolean> => {
    const known = await issuers();
    const { issuerId, der } = await byPurpose(purpose);
    await writeFile(join(directory, 'root.pem'), derToPem((await byPurpose(rootPurpose)).der, 'CERTIFICATE'));
    await writeFile(join(directory, 'chain.pem'), derChainToPem(known.path(issuerId)));
    await writeFile(join(directory, 'ca.pem'), derToPem(der, 'CERTIFICATE'));
    const strict = ['-x509_strict', '-no-CApath', '-no-CAstore'];
    const files = ['-CAfile', 'root.pem', '-untrusted', 'chain.pem', 'ca.pem'];
    const verified = openssl('openssl', ['verify', ...strict, ...files], { cwd: directory });
    return verified.then(
      () => true,
      () => false,
    );
  };

  it('makes the mesh and, apart from it, the system', async () => {
    expect(await create()).toBe(true);
    const [first, ...rest] = await events();
    expect(first).toMatchObject({ stream: trustDomainStream('cluster.local'), type: 'TrustDomainCreated' });
    expect(rest.map(({ type, data }) => [type, data['purpose']])).toEqual(
      ['root', 'intermediate', 'workload', 'server', 'system-root', 'system'].map((purpose) => [
        'IssuerCreated',
        purpose,
      ]),
    );
    expect(first?.data).toMatchObject({
      root: (await byPurpose('root')).issuerId,
      systemRoot: (await byPurpose('system-root')).issuerId,
    });
    const known = await issuers();
    expect(known.meshAnchors()).toEqual([(await byPurpose('root')).der]);
    expect(known.systemAnchors()).toEqual([(await byPurpose('system-root')).der]);
    expect(known.all().every(({ status }) => status === 'prepared')).toBe(true);
  });

  it('is a hierarchy that openssl accepts, each branch under its own root alone', async () => {
    await create();
    for (const purpose of ['root', 'intermediate', 'workload', 'server'] as const) {
      expect([purpose, await verifies(purpose, 'root')]).toEqual([purpose, true]);
      expect([purpose, await verifies(purpose, 'system-root')]).toEqual([purpose, false]);
    }
    expect(await verifies('system', 'system-root')).toBe(true);
    expect(await verifies('system', 'root')).toBe(false);
  });

  it('gives each CA a subject of its own, dates within its parent’s, and its parent’s publications', async () => {
    await create(undefined, { caLifetimes: { root: 7_200, intermediate: 14_400, issuer: 14_400 } });
    const known = await issuers();
    const all = known
      .all()
      .map((record) => ({ record, ...describeCertificate(Buffer.from(record.certificate, 'base64')) }));
    expect(new Set(all.map(({ subject }) => subject)).size).toBe(6);
    for (const { record, notBefore, notAfter } of all) {
      expect([record.notBefore, record.notAfter].map((time) => Date.parse(time))).toEqual([+notBefore, +notAfter]);
      if (!record.parent) continue;
      const parent = known.facts(record.parent);
      expect(notBefore >= parent.notBefore && notAfter <= parent.notAfter).toBe(true);
      const text = Buffer.from(record.certificate, 'base64').toString('latin1');
      expect(text).toContain(`/crl/${record.parent}.crl`);
    }
  });

  it('holds every key that the ledger names before it names it', async () => {
    await create();
    for (const { keyId, issuerId, certificate } of (await issuers()).signing()) {
      const key = await signer.key(keyId);
      expect(key.keyHash.slice(0, 16)).toBe(issuerId);
      expect(certificateFacts(Buffer.from(certificate, 'base64')).keyHash).toBe(key.keyHash);
    }
    expect((await issuers()).signing()).toHaveLength(6);
  });

  it('makes one trust domain when two start at once, and none when there is one', async () => {
    const outcomes = await Promise.all([create(), create(), create()]);
    expect(outcomes.sort()).toEqual([false, false, true]);
    expect((await events()).map(({ type }) => type).filter((type) => type === 'TrustDomainCreated')).toHaveLength(1);
    expect(await events()).toHaveLength(7);
    signer.signed.length = 0;
    expect(await create()).toBe(false);
    expect(signer.signed).toEqual([]);
  });

  it('leaves nothing behind in the ledger when it fails on the way', async () => {
    signer.failing = new Error('the token was pulled');
    await expect(create()).rejects.toThrow('the token was pulled');
    expect(await events()).toEqual([]);
    signer.failing = undefined;
    ledger.unavailable = true;
    await expect(create()).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
    ledger.unavailable = false;
    expect(await create()).toBe(true);
  });

  describe('with an imported issuer', () => {
    const importable = async () => {
      const outside = new CountingSigner();
      const whole = Math.floor(clock.now().getTime() / 1000) * 1000;
      const dates = { notBefore: new Date(whole - 60_000), notAfter: new Date(whole + 86_400_000) };
      const rootKey = await outside.generate('ecdsa-p256');
      const name = (value: string) => [{ type: 'CN', value }] as const;
      const root = await issueRoot(
        { profile: 'root', serial: newSerial(), subject: name('Their root'), ...dates },
        rootKey.keyId,
        outside,
      );
      const key = await generatePrivateKey('ecdsa-p256');
      const privateKeyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
      const { spki } = await outside.import(privateKeyPem);
      const contents = {
        kind: 'workload',
        trustDomain: 'cluster.local',
        subject: name('Their issuer'),
        publications: {},
      } as const;
      const certificate = await issueCertificate(
        { profile: 'issuer', ...contents, serial: newSerial(), spki, ...dates },
        { certificate: root, keyId: rootKey.keyId },
        outside,
      );
      const chainPem = derChainToPem([certificate, root]);
      const imported = validateIssuerImport({ chainPem, privateKeyPem, now: clock.now() });
      return { root, imported: { ...imported, privateKeyPem } };
    };

    it('issues workloads’ certificates under it, and ours under roots of our own', async () => {
      const { root, imported } = await importable();
      expect(await create(imported)).toBe(true);
      const known = await issuers();
      const workload = await byPurpose('workload');
      expect(workload).toMatchObject({ imported: true, keyId: imported.keyHash });
      expect(known.path(workload.issuerId)).toEqual([imported.certificate, root]);
      expect(known.workloadAnchors()).toEqual([root]);
      expect(await verifies('server', 'root')).toBe(true);
      expect(await verifies('system', 'system-root')).toBe(true);
    });

    it('keeps the system’s root out of what proxies trust', async () => {
      const { root, imported } = await importable();
      await create(imported);
      expect((await issuers()).meshAnchors()).toEqual([root, (await byPurpose('root')).der]);
    });
  });

  it('can be read back by the decider', async () => {
    await create();
    const { issuerId } = await byPurpose('workload');
    const state = fold(issuerDecider, (await ledger.readStream(issuerStream(issuerId))).events);
    expect(state).toMatchObject({ status: 'prepared', epoch: 1, parent: (await byPurpose('intermediate')).issuerId });
  });
});
