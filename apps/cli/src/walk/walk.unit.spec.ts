import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { derToPem } from '@cartulary/x509';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cartulary, type Result } from '../command-line.fixture.spec.js';
import { type FakeService, put, Refusal, startFakeService } from '../fake-service.fixture.spec.js';
import { MiniCa } from '../mini-ca.fixture.spec.js';
import { cart, identity } from '../samples.fixture.spec.js';

let service: FakeService;
let ca: MiniCa;
const directory = mkdtempSync(join(tmpdir(), 'cartulary-walk-'));
const now = (): Date => new Date();

beforeAll(async () => {
  [service, ca] = await Promise.all([startFakeService(), MiniCa.start()]);
  appendFileSync(join(service.data, 'root.crt'), derToPem(ca.root, 'CERTIFICATE'));
});
afterAll(() => Promise.all([service.close(), ca.close()]));
beforeEach(() => {
  service.on('listIdentities', { identities: [], position: 41 });
  service.on('registerIdentity', ({ body }) => identity({ id: String(body['id']) }));
  service.on('issueCertificate', ({ body }) => ca.issue(String(body['csr'])));
  service.on('renewCertificate', ({ body, params }) =>
    ca.isRevoked(params['serial'] ?? '')
      ? new Refusal('CERTIFICATE_REVOKED')
      : ca.issue(String(body['csr']), params['serial']),
  );
  service.on('createRevocation', ({ body }) => ca.revoke(String(body['serial']), body['reason'] as 'keyCompromise'));
  service.on('releaseCertificate', ({ params }) => ca.release(params['serial'] ?? ''));
  service.on('getCertificateHistory', ({ params }) => ca.history(params['serial'] ?? ''));
});

/** `up --walk` with a program that says where the fake service is. */
const walk = (): Promise<Result> => {
  const ready = { type: 'ready', restUrl: service.url, publicUrl: ca.url, dataDirectory: service.data };
  const message = {
    ...ready,
    trustDomain: 'cluster.local',
    firstStart: false,
    databaseUrl: 'postgres://x/y',
    issuers: [],
  };
  const main = join(directory, 'service.mjs');
  const stays = `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000);`;
  writeFileSync(main, `${stays} process.send(${JSON.stringify(message)});`);
  const stop = new AbortController();
  const onOut = (text: string): void => {
    if (text.includes('Ctrl-C')) stop.abort();
  };
  return cartulary(['up', '--walk'], { env: {}, findMain: () => main, signal: stop.signal, onOut, now });
};

const steps = (out: string): string[] => out.split('\n').filter((line) => /^ {2}\d {2}/.test(line));

describe('the walk', () => {
  it('shows a certificate’s whole life, each step with its time', async () => {
    const { code, out, err } = await walk();
    expect(err).toBe('Stopped.\n');
    expect(code).toBe(0);
    expect(
      steps(out).map((line) =>
        line
          .replace(/[0-9a-f]{34}/, '<serial>')
          .replace(/\d+ ms/g, '<ms>')
          .replace(/(?<=\S) {2,}/g, '  '),
      ),
    ).toEqual([
      '  1  registered  spiffe://cluster.local/ns/demo/sa/walk-41  <ms>',
      '  2  key, CSR  ECDSA P-256, made here: the key never leaves  <ms>',
      '  3  issued  <serial> for 24 h  <ms>',
      '  4  asked  OCSP good · CRL 10 does not list it  <ms>',
      '  5  renewed  <serial>, a new key, linked to its predecessor  <ms>',
      '  6  held  OCSP revoked (certificateHold) after <ms> · in CRL 11 after <ms>  <ms>',
      '  7  released  OCSP good after <ms> · gone from CRL 12 after <ms>  <ms>',
      '  8  revoked  OCSP revoked (keyCompromise) after <ms> · in CRL 13 after <ms>  <ms>',
      '  9  history  Issued 11 → Held 12 → Released 13 → Revoked 14  (ledger positions)  <ms>',
    ]);
    expect(out).toContain('chain verified: leaf → issuer → intermediate → root');
    expect(out).toContain('a renewal is refused: CERTIFICATE_REVOKED');
  });

  it('stops at the step that goes wrong, says why, and leaves the service up', async () => {
    service.on('renewCertificate', 'LEDGER_CONFLICT');
    const { code, out, err } = await walk();
    expect(steps(out).at(-1)).toBe('  5  renewed     failed');
    expect(err).toContain('LEDGER_CONFLICT');
    expect(out).toContain('Try next');
    expect(code).toBe(1);
  });

  it('believes no OCSP answer that says something else than the CRL', async () => {
    service.on('createRevocation', ({ body }) => ca.revoke(String(body['serial']), 'superseded'));
    expect(await walk()).toMatchObject({ code: 1, err: expect.stringContaining('OCSP says superseded') as string });
  });
});

describe('ocsp check and crl show', () => {
  const issue = async (): Promise<{ serial: string; file: string }> => {
    const env = { CARTULARY_URL: service.url, CARTULARY_DATA: service.data };
    const out = mkdtempSync(join(directory, 'out-'));
    const { code } = await cartulary(['issue', cart, '--out', out, '--json'], { env, now });
    expect(code).toBe(0);
    return { file: join(out, 'cart.crt'), serial: [...ca.issued.keys()].at(-1) ?? '' };
  };

  it('ask as a relying party does, with the certificate file alone', async () => {
    const { serial, file } = await issue();
    const good = await cartulary(['ocsp', 'check', file], { now });
    expect(good).toMatchObject({ code: 0, err: '' });
    expect(good.out).toMatch(/^status +good$/m);

    ca.revoke(serial, 'keyCompromise');
    const revoked = await cartulary(['ocsp', 'check', file], { now });
    expect(revoked).toMatchObject({ code: 6, err: '' });
    expect(revoked.out).toMatch(/^reason +keyCompromise$/m);

    const crl = await cartulary(['crl', 'show', ca.issuerId, '--public-url', ca.url, '--limit', '1000'], { now });
    expect(crl.code).toBe(0);
    expect(crl.out).toMatch(/^signature +ecdsa-sha256, verified$/im);
    expect(crl.out).toMatch(new RegExp(`^${serial} +keyCompromise +(now|\\d+ s ago)$`, 'm'));
  });

  it('do not believe an answer of another issuer', async () => {
    const { file } = await issue();
    const stranger = await MiniCa.start();
    const other = await cartulary(['ocsp', 'check', file, '--public-url', stranger.url], { now });
    expect(other).toMatchObject({ code: 1, err: expect.stringContaining('OCSP_UNTRUSTED_RESPONSE') as string });
    const crl = put(directory, 'stranger.crl', derToPem(await stranger.crl(), 'X509 CRL'));
    const issuer = put(directory, 'issuer.crt', derToPem(ca.root, 'CERTIFICATE'));
    expect(await cartulary(['crl', 'show', crl, '--issuer', issuer], { now })).toMatchObject({ code: 1 });
    expect((await cartulary(['crl', 'show', crl], { now })).out).toContain('not checked');
    await stranger.close();
  });

  it('show and renew a file', async () => {
    const { serial, file } = await issue();
    const shown = await cartulary(['show', file], { now });
    expect(shown.out).toMatch(new RegExp(`^serial +${serial}$`, 'm'));
    expect(shown.out).toMatch(new RegExp(`^URI +${cart}$`, 'm'));
    const env = { CARTULARY_URL: service.url, CARTULARY_DATA: service.data };
    expect((await cartulary(['renew', file], { env, now })).code).toBe(0);
    expect((await cartulary(['show', file], { now })).out).not.toContain(serial);
  });
});
