import { readFileSync, statSync } from 'node:fs';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cartulary, type Result, type Setting } from './command-line.fixture.spec.js';
import { type FakeService, freePort, put, startFakeService } from './fake-service.fixture.spec.js';
import { cart, certificate, event, identity, serial } from './samples.fixture.spec.js';

let service: FakeService;
const directory = (): string => mkdtempSync(join(tmpdir(), 'cartulary-out-'));

/** A command line against the fake service. */
const at = (line: string, setting: Setting = {}): Promise<Result> =>
  cartulary(line.split(' ').filter(Boolean), {
    ...setting,
    env: { CARTULARY_URL: service.url, CARTULARY_DATA: service.data, ...setting.env },
  });

beforeAll(async () => {
  service = await startFakeService();
});
afterAll(() => service.close());
beforeEach(() => void (service.asked.length = 0));

describe('list', () => {
  const page = (more = {}): object => ({ certificates: [certificate({ status: 'revoked' })], position: 20, ...more });

  it('prints a table for people', async () => {
    service.on('listCertificates', page({ nextCursor: 'abc' }));
    const { code, out, err } = await at('list --namespace shop --status revoked --issuer 9f86d081884c7d65');
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'SERIAL                              STATUS   PROFILE   EXPIRES  FOR',
      `${serial}  revoked  workload  in 24 h  ${cart}`,
      '',
    ]);
    expect(err).toBe('There are more: --cursor abc\n');
    expect(service.asked[0]?.query).toEqual({
      namespace: 'shop',
      status: 'revoked',
      issuerId: '9f86d081884c7d65',
      limit: 50,
    });
  });

  it('prints the API’s JSON for programs', async () => {
    service.on('listCertificates', page());
    const { out, err } = await at('list --json');
    expect(JSON.parse(out)).toEqual(page());
    expect(err).toBe('');
  });

  it('colours on a terminal only', async () => {
    service.on('listCertificates', page());
    expect((await at('list', { colour: true })).out).toContain('\u001b[31mrevoked\u001b[39m');
    expect((await at('list')).out).not.toContain('\u001b');
  });

  it('says so when there is nothing', async () => {
    service.on('listCertificates', { certificates: [], position: 20 });
    expect(await at('list')).toMatchObject({ code: 0, out: '', err: 'No certificate matches.\n' });
  });
});

describe('issue', () => {
  it('makes the key here and writes key, certificate and chain', async () => {
    service.on('issueCertificate', certificate());
    const out = directory();
    const result = await at(`issue ${cart} --ttl 12h --out ${out}`);
    expect(result).toMatchObject({ code: 0, err: '' });
    expect(result.out).toContain(`Issued ${serial} for ${cart}, valid until 2026-11-23 12:00:00Z (in 24 h)`);
    expect(readdirSync(out).sort()).toEqual(['cart-chain.crt', 'cart.crt', 'cart.key']);
    expect(statSync(join(out, 'cart.key')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(out, 'cart.key'), 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    const { certificate: leaf, chain } = certificate();
    expect(readFileSync(join(out, 'cart.crt'), 'utf8')).toBe(leaf);
    expect(readFileSync(join(out, 'cart-chain.crt'), 'utf8')).toBe(leaf + chain);

    const [asked] = service.asked;
    expect(asked?.body).toMatchObject({ identity: cart, profile: 'workload', ttl: '12h' });
    expect(asked?.body['csr']).toMatch(/^-----BEGIN CERTIFICATE REQUEST-----/);
    expect(JSON.stringify(asked?.body)).not.toContain('PRIVATE');
  });

  it('leaves no key behind when it is refused', async () => {
    service.on('issueCertificate', 'IDENTITY_SUSPENDED');
    const out = directory();
    const result = await at(`issue ${cart} --out ${out}`);
    expect(result.code).toBe(1);
    expect(result.err).toBe(
      '✗ refused: IDENTITY_SUSPENDED  IDENTITY_SUSPENDED\n  → Have it back with `cartulary identity reinstate` first.\n',
    );
    expect(readdirSync(out)).toEqual([]);
  });

  it('replaces nothing unless told to', async () => {
    service.on('issueCertificate', certificate());
    const out = directory();
    put(out, 'cart.key', 'precious');
    expect(await at(`issue ${cart} --out ${out}`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--force') as string,
    });
    expect(readFileSync(join(out, 'cart.key'), 'utf8')).toBe('precious');
    expect(service.asked).toHaveLength(0);
    expect((await at(`issue ${cart} --out ${out} --force`)).code).toBe(0);
    expect(readFileSync(join(out, 'cart.key'), 'utf8')).not.toBe('precious');
  });

  it('sends a request that was made elsewhere', async () => {
    service.on('issueCertificate', certificate());
    const csr = put(directory(), 'request.pem', 'CSR');
    const { code, out } = await at(`issue --csr ${csr}`);
    expect(code).toBe(0);
    expect(out).toBe(certificate().certificate + certificate().chain);
    expect(service.asked[0]?.body).toEqual({ csr: 'CSR', profile: 'workload' });
  });

  it('wants to know whom it is for', async () => expect((await at('issue')).code).toBe(2));
});

describe('renew', () => {
  it('asks with a new key for the names of the old certificate', async () => {
    service.on('getCertificate', certificate({ profile: 'server', dnsNames: ['shop.example.org'] }));
    service.on('renewCertificate', certificate({ predecessor: serial }));
    const out = directory();
    expect((await at(`renew ${serial.toUpperCase()} --out ${out} --name new`)).code).toBe(0);
    expect(service.asked.at(-1)).toMatchObject({ operationId: 'renewCertificate', params: { serial } });
    expect(readdirSync(out).sort()).toEqual(['new-chain.crt', 'new.crt', 'new.key']);
  });
});

describe('revoke', () => {
  const revocation = (more = {}): object => ({
    serial,
    reason: 'keyCompromise',
    revokedAt: '2026-11-22T12:00:00.000Z',
    certificates: [serial],
    position: 21,
    ...more,
  });
  beforeEach(() => {
    service.on('createRevocation', revocation());
    service.on('getCertificate', certificate());
  });

  it('revokes by serial, however it was pasted', async () => {
    const pasted = `01:${serial.slice(2).toUpperCase()}`;
    const line = `revoke ${pasted.replaceAll(':', '')} --reason keyCompromise --invalidity-date 2026-11-01 --comment lost`;
    expect((await at(line)).out).toContain(`✓ Revoked ${serial} (keyCompromise)`);
    expect(service.asked.map(({ body }) => body)).toEqual([
      { serial, reason: 'keyCompromise', invalidityDate: '2026-11-01T00:00:00Z', comment: 'lost' },
    ]);
  });

  it('revokes a key with all its certificates', async () => {
    const keyHash = 'ab'.repeat(32);
    service.on('createRevocation', revocation({ serial: undefined, keyHash, certificates: [serial, '01ff'] }));
    const { out } = await at(`revoke --key-hash ${keyHash} --reason keyCompromise`);
    expect(out).toContain(`Blocked the key ${keyHash} (keyCompromise), 2 certificates revoked`);
  });

  it('asks a person first', async () => {
    const { code, out } = await at(`revoke ${serial}`, { answer: 'no' });
    expect(code).toBe(1);
    expect(out).toContain(cart);
    expect(service.asked.map(({ operationId }) => operationId)).toEqual(['getCertificate']);
    expect((await at(`revoke ${serial}`, { answer: 'y' })).code).toBe(0);
    expect((await at(`revoke ${serial} --yes`, { answer: '' })).out).not.toContain('[y/N]');
  });

  it('wants exactly one target and a reason that exists', async () => {
    expect((await at('revoke')).code).toBe(2);
    expect((await at(`revoke ${serial} --key-hash ${'ab'.repeat(32)}`)).code).toBe(2);
    expect((await at(`revoke ${serial} --reason boredom`)).code).toBe(2);
    expect(service.asked).toHaveLength(0);
  });

  it('holds and releases', async () => {
    service.on('createRevocation', revocation({ reason: 'certificateHold' }));
    service.on('releaseCertificate', certificate());
    expect((await at(`hold ${serial}`)).out).toContain(`cartulary release ${serial}`);
    expect(service.asked.at(-1)?.body).toEqual({ serial, reason: 'certificateHold' });
    expect((await at(`release ${serial}`)).out).toBe(`✓ ${serial} is active again\n`);
  });
});

describe('show and history', () => {
  it('show what the service knows', async () => {
    service.on(
      'getCertificate',
      certificate({ status: 'revoked', revocation: { reason: 'superseded', revokedAt: '2026-11-22T11:00:00.000Z' } }),
    );
    const { out } = await at(`show ${serial}`);
    expect(out).toMatch(/^status +revoked$/m);
    expect(out).toMatch(/^reason +superseded$/m);
    expect(out).toMatch(/^revoked +2026-11-22 11:00:00Z \(1 h ago\)$/m);
    expect((await at(`show ${serial} --pem`)).out).toBe(certificate().certificate + certificate().chain);
  });

  it('tell what happened', async () => {
    service.on('getCertificateHistory', {
      events: [
        event(17, 'CertificateIssued', { identity: cart }),
        event(21, 'CertificateRevoked', { reason: 'superseded' }),
      ],
    });
    const { out } = await at(`history ${serial}`);
    expect(out.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['POSITION', 'WHEN', 'EVENT', 'WHAT', 'BY'],
      ['17', '2026-11-22 11:59:00Z', 'CertificateIssued', cart, 'operator/first'],
      ['21', '2026-11-22 11:59:00Z', 'CertificateRevoked', 'superseded', 'operator/first'],
      [''],
    ]);
  });

  it('say that there is no such certificate', async () => {
    service.on('getCertificate', 'CERTIFICATE_NOT_FOUND');
    const { code, err } = await at(`show ${serial}`);
    expect(code).toBe(4);
    expect(err).toContain('`cartulary list` lists what was issued');
  });
});

describe('ledger tail', () => {
  it('names whose event it is', async () => {
    const events = [
      event(8, 'CertificateIssued', { serial, identity: cart }),
      { ...event(9, 'IdentitySuspended', { identity: cart }), stream: `identity-${cart}` },
      { ...event(10, 'CrlPrepared', {}), stream: 'publication-9f86d081884c7d65' },
    ];
    service.on('listEvents', { events, next: 10, position: 10 });
    const { out } = await at('ledger tail --after 7');
    expect(out.split('\n').map((line) => line.trim().split(/ {2,}/)[3])).toEqual([
      `${serial} ns/shop/sa/cart`,
      'ns/shop/sa/cart',
      '9f86d081884c7d65',
      undefined,
    ]);
  });

  const ledger = (last: number): void =>
    service.on('listEvents', ({ query }) => {
      const { after = 0, limit = 100 } = query as { after?: number; limit?: number };
      const end = Math.min(last, after + Math.min(limit, 2));
      const events = Array.from({ length: Math.max(0, end - after) }, (_, index) =>
        event(after + index + 1, 'KeyBlocked'),
      );
      return { events, next: end, position: last };
    });

  it('prints the last events', async () => {
    ledger(9);
    const { out } = await at('ledger tail -n 3 --json');
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { position: number }).position),
    ).toEqual([7, 8, 9]);
  });

  it('goes on with what comes until it is stopped', async () => {
    ledger(2);
    const stop = new AbortController();
    const lines: string[] = [];
    const onOut = (text: string): void => {
      lines.push(text);
      if (lines.length === 2) ledger(4);
      if (lines.length === 4) stop.abort();
    };
    const { code } = await at('ledger tail --follow --after 0', { signal: stop.signal, onOut });
    expect(lines).toHaveLength(4);
    expect(code).toBe(0);
  });
});

describe('identities, issuers, tokens, whoami', () => {
  it('register and suspend', async () => {
    service.on('registerIdentity', identity());
    service.on('suspendIdentity', identity({ status: 'suspended', suspendedAt: '2026-11-22T11:00:00.000Z' }));
    await at(`identity register ${cart} --role issuer --namespace a --namespace b`);
    expect(service.asked[0]?.body).toEqual({ id: cart, grant: { role: 'issuer', namespaces: ['a', 'b'] } });
    expect(await at(`identity suspend ${cart}`)).toMatchObject({
      out: `✓ Suspended ${cart}\n`,
      err: expect.stringContaining(`cartulary list --identity ${cart}`),
    });
    expect(service.asked[1]?.params).toEqual({ id: cart });
  });

  it('print a new token alone on standard output', async () => {
    const token = { tokenId: 'k3v9x0q2m7ab', name: 'ci', role: 'issuer', status: 'active', position: 3 };
    const times = { createdAt: '2026-11-22T12:00:00.000Z', expiresAt: '2026-11-22T13:00:00.000Z' };
    service.on('createToken', { ...token, ...times, token: 'ctl_secret' });
    const { out, err } = await at('token create ci --role issuer --ttl 1h');
    expect(out).toBe('ctl_secret\n');
    expect(err).toContain('not shown again');
    expect((await at('token create ci')).code).toBe(2);
  });

  it('say who you are, with a token instead of a certificate', async () => {
    const caller = { id: 'token/ci', kind: 'token', credential: 'token:k3v9x0q2m7ab', trustDomain: 'cluster.local' };
    service.on('whoAmI', { ...caller, role: 'auditor', permissions: ['ledger:read'] });
    const { out } = await at('whoami --token ctl_x');
    expect(out).toMatch(/^role +auditor$/m);
    expect(service.asked[0]?.headers.authorization).toBe('Bearer ctl_x');
  });
});

describe('what goes wrong', () => {
  it.each([
    ['FORBIDDEN', 5],
    ['CREDENTIAL_REVOKED', 5],
    ['LEDGER_CONFLICT', 1],
    ['INTERNAL', 7],
  ] as const)('%s exits with %i and a hint', async (problem, exit) => {
    service.on('createToken', problem);
    const { code, err } = await at('token create x --role auditor');
    expect(code).toBe(exit);
    expect(err).toMatch(new RegExp(`^✗ .* {2}${problem}\\n[^]*  → `));
  });

  it('is told as JSON to programs', async () => {
    service.on('createToken', 'FORBIDDEN');
    const { err, out } = await at('token create x --role auditor --json');
    expect(out).toBe('');
    expect(JSON.parse(err)).toMatchObject({
      error: { code: 'FORBIDDEN', status: 403, hint: expect.any(String) as string },
    });
  });

  it('is told apart: nobody there, not trusted, no credentials', async () => {
    const nobody = await at('whoami', { env: { CARTULARY_URL: `https://127.0.0.1:${await freePort()}` } });
    expect(nobody).toMatchObject({ code: 3, err: expect.stringContaining('cartulary up') as string });
    const untrusted = await at(`whoami --ca ${join(service.data, 'operator.crt')}`);
    expect(untrusted).toMatchObject({ code: 3, err: expect.stringContaining('--ca') as string });
    const missing = await at('whoami --data /nowhere');
    expect(missing).toMatchObject({ code: 2, err: expect.stringContaining('/nowhere/root.crt') as string });
    expect((await at('whoami --url http://127.0.0.1:1')).code).toBe(2);
  });

  it('is no waiting after Ctrl-C', async () => {
    service.on('whoAmI', () => new Promise<object>(() => undefined));
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    expect(await at('whoami', { signal: stop.signal })).toMatchObject({ code: 130, err: '' });
  });

  it('is explained where the command was not understood', async () => {
    expect(await at('revok')).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean revoke') as string });
    expect(await at('list --limit 0')).toMatchObject({
      code: 2,
      err: expect.stringContaining('from 1 to 1000') as string,
    });
    expect(await at('list --colour')).toMatchObject({ code: 2, err: expect.stringContaining('--colour') as string });
    expect((await at('show /nowhere/x.crt')).code).toBe(2);
  });
});
