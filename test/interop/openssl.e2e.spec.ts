import { createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Court, eventually, issue, type Issued, openCourt, release, revoke, timed } from '../support/interop.js';
import { crlNumberIn, type Verdict } from '../support/interop-openssl.js';

// openssl is the judge, in its own words. All that it is given comes from the running service, from the places that
// the certificates themselves name.

let court: Court;
beforeAll(async () => {
  court = await openCourt();
});
afterAll(() => court?.close());

const says = (pattern: RegExp) => (verdict: Verdict) => pattern.test(verdict.said);

interface IssuerBody {
  readonly issuerId: string;
  readonly purpose: string;
  readonly status: string;
  readonly certificate: string;
  readonly chain: string;
  readonly crlUrl: string;
}

/** The CAs that issue, by purpose, each with its certificate in a file of its name. */
const issuersByPurpose = async (): Promise<Record<string, IssuerBody & { file: string }>> => {
  const { body } = await court.rest.get('/v1/issuers').expect(200);
  const active = (body.issuers as IssuerBody[]).filter(({ status }) => status === 'active');
  const listed = active.map(async (issuer) => {
    const file = await court.judge.write(`${issuer.purpose}.pem`, issuer.certificate);
    return [issuer.purpose, { ...issuer, file }] as const;
  });
  return Object.fromEntries(await Promise.all(listed));
};

describe('openssl verify -crl_check_all', () => {
  const revoked = /error 23 at 0 depth lookup: certificate revoked/;

  it('follows a certificate from good to held, released and revoked', async () => {
    const { judge } = court;
    const path = await issue(court);
    const good = `${path.leafFile}: OK`;
    const verify = () => judge.verify(path);
    expect(await verify()).toEqual({ code: 0, said: `${good}\n` });

    await revoke(court, path, 'certificateHold');
    const held = await timed(court, 'openssl verify: held', verify, says(revoked));
    expect(held.said).toMatch(revoked);
    expect(held.code).toBe(2);

    await release(court, path);
    const released = await timed(court, 'openssl verify: released', verify, ({ code }) => code === 0);
    expect(released.said).toContain(good);

    await revoke(court, path, 'keyCompromise');
    const gone = await timed(court, 'openssl verify: revoked', verify, says(revoked));
    expect(gone.said).toMatch(revoked);
  });

  it('fetches the CRL of a leaf by itself', async () => {
    const path = await issue(court);
    const ask = () =>
      court.judge.run([
        ...['verify', '-crl_check', '-crl_download', '-CAfile', court.judge.rootFile],
        ...['-untrusted', path.chainFile, path.leafFile],
      ]);
    expect(await ask()).toMatchObject({ code: 0 });
    await revoke(court, path, 'superseded');
    expect((await eventually(ask, says(revoked))).said).toMatch(revoked);
  });

  it.each([
    ['RSA-2048', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'], /Public-Key: \(2048 bit\)/],
    ['P-384', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'], /NIST CURVE: P-384/],
    ['Ed25519', ['-algorithm', 'ED25519'], /Public Key Algorithm: ED25519/],
  ])('accepts a certificate for its own %s request', async (_, algorithm, printed) => {
    const path = await issue(court, {}, { algorithm });
    expect(await court.judge.verify(path)).toMatchObject({ code: 0, said: `${path.leafFile}: OK\n` });
    expect(await court.judge.must('x509', '-in', path.leafFile, '-noout', '-text')).toMatch(printed);
    const pub = await court.judge.must('x509', '-in', path.leafFile, '-noout', '-pubkey');
    expect(createPublicKey(pub).equals(createPublicKey(path.keyPem))).toBe(true);
  });

  it('accepts a server certificate for its names only', async () => {
    const path = await issue(court, { profile: 'server' }, { subjectAltName: 'DNS:api.example.com,IP:127.0.0.1' });
    const { judge } = court;
    expect(await judge.verify(path)).toMatchObject({ code: 0 });
    const verifyAs = (...name: string[]) =>
      judge.run([
        ...['verify', '-purpose', 'sslserver', '-CAfile', judge.rootFile, '-untrusted', path.chainFile],
        ...[...name, path.leafFile],
      ]);
    expect(await verifyAs('-verify_hostname', 'api.example.com')).toMatchObject({ code: 0 });
    expect(await verifyAs('-verify_ip', '127.0.0.1')).toMatchObject({ code: 0 });
    expect((await verifyAs('-verify_hostname', 'example.com')).said).toMatch(/hostname mismatch/);
  });

  it('accepts the chain that caIssuers leads to, from the leaf alone', async () => {
    const { judge } = court;
    const { leafFile } = await issue(court);
    const cas: string[] = [];
    for (let file = leafFile; ; file = cas.at(-1)!) {
      const ca = await judge.fetch('x509', (await judge.urls(file)).issuer);
      const names = await judge.must('x509', '-in', ca, '-noout', '-subject', '-issuer');
      const [, subject, issuer] = /^subject=(.*)\nissuer=(.*)$/m.exec(names) ?? [];
      if (subject === issuer) {
        expect(await judge.read(ca)).toBe(court.service.read('root.crt'));
        break;
      }
      cas.push(ca);
    }
    expect(cas).toHaveLength(2);
    const path = { leafFile, chainFile: await judge.join(...cas) };
    expect(await judge.verify(path)).toEqual({ code: 0, said: `${leafFile}: OK\n` });
  });
});

describe('openssl crl', () => {
  const crlOf = async (path: Issued): Promise<Verdict & { number: number }> => {
    const { judge } = court;
    const [leaf, issuerFile] = (await judge.split(path)) as [string, string];
    const verdict = await judge.crl(await judge.fetch('crl', (await judge.urls(leaf)).crl), issuerFile);
    expect(verdict).toMatchObject({ code: 0, said: expect.stringMatching(/^verify OK$/m) });
    return { ...verdict, number: crlNumberIn(verdict.said) };
  };

  /** Positions of CrlPrepared in the ledger. */
  const preparedPositions = async (issuerId: string): Promise<number[]> => {
    const { body } = await court.rest.get(`/v1/ledger/events?stream=publication-${issuerId}&limit=1000`).expect(200);
    return (body.events as { type: string; position: number }[])
      .filter(({ type }) => type === 'CrlPrepared')
      .map(({ position }) => position);
  };

  it('verifies the CRL of every issuer by that issuer, and by no other', async () => {
    const { judge } = court;
    const issuers = await issuersByPurpose();
    expect(Object.keys(issuers).sort()).toEqual(
      ['intermediate', 'root', 'server', 'system', 'system-root', 'workload'].sort(),
    );
    for (const { crlUrl, file, issuerId } of Object.values(issuers)) {
      const crl = await judge.fetch('crl', crlUrl);
      const { said } = await judge.crl(crl, file);
      expect(said).toMatch(/^verify OK$/m);
      expect(await preparedPositions(issuerId)).toContain(crlNumberIn(said));
      const stranger = file === issuers['root']!.file ? issuers['server']!.file : issuers['root']!.file;
      expect((await judge.crl(crl, stranger)).said).toMatch(/Error getting CRL issuer certificate/);
    }
  });

  it('prints reason, invalidity date and a number that grows with the ledger', async () => {
    const path = await issue(court);
    const before = await crlOf(path);
    await revoke(court, path, 'keyCompromise', { invalidityDate: '2026-01-02T03:04:05Z' });
    const after = await eventually(() => crlOf(path), says(new RegExp(path.serial, 'i')));
    expect(after.number).toBeGreaterThan(before.number);
    const prepared = await preparedPositions(path.issuerId);
    expect(prepared).toEqual(expect.arrayContaining([before.number, after.number]));
    const [, entry = ''] = after.said.split(`Serial Number: ${path.serial.toUpperCase()}\n`);
    expect(entry.split('Serial Number')[0]).toMatch(
      /X509v3 CRL Reason Code: \s+Key Compromise\s+Invalidity Date: \s+Jan {2}2 03:04:05 2026 GMT/,
    );
  });

  it('finds no entry left after the release of the only one, under a higher number', async () => {
    // The server issuer's CRL is this test's own: no other test revokes a server certificate.
    const path = await issue(court, { profile: 'server' }, { subjectAltName: 'DNS:held.example.com' });
    const empty = await crlOf(path);
    expect(empty.said).toMatch(/^No Revoked Certificates\.$/m);
    await revoke(court, path, 'certificateHold');
    const held = await eventually(() => crlOf(path), says(/Certificate Hold/));
    expect(held.said).toMatch(/X509v3 CRL Reason Code: \s+Certificate Hold/);
    await release(court, path);
    const cleared = await eventually(() => crlOf(path), says(/No Revoked Certificates/));
    expect(cleared.said).toMatch(/^No Revoked Certificates\.$/m);
    expect([empty.number, held.number, cleared.number]).toEqual(
      [empty.number, held.number, cleared.number].sort((a, b) => a - b),
    );
    expect(new Set([empty.number, held.number, cleared.number]).size).toBe(3);
  });
});

describe('openssl ocsp', () => {
  const verified = /^Response verify OK$/m;

  const ask = async (
    path: Issued,
    options: readonly string[] = [],
    of = ['-cert', path.leafFile],
  ): Promise<Verdict> => {
    const { judge } = court;
    const [leaf, issuerFile] = (await judge.split(path)) as [string, string];
    const { ocsp: url } = await judge.urls(leaf);
    const { chainFile } = path;
    const verdict = await judge.ocsp({ url, issuerFile, of, chainFile, options });
    expect(verdict.said).toMatch(verified);
    return verdict;
  };

  it.each([[['-sha1', '-nonce']], [['-sha1', '-no_nonce']], [['-sha256', '-nonce']], [['-sha256', '-no_nonce']]])(
    'follows a certificate from good to held, released and revoked (%s)',
    async (options) => {
      const path = await issue(court);
      const look = () => ask(path, options);
      const good = new RegExp(`^${path.leafFile}: good$`, 'm');
      const first = await eventually(look, says(good));
      expect(first).toMatchObject({ code: 0, said: expect.stringMatching(good) });
      expect(first.said).not.toMatch(/nonce/i);

      await revoke(court, path, 'certificateHold');
      const held = await timed(court, `openssl ocsp ${options.join(' ')}: held`, look, says(/: revoked$/m));
      expect(held.said).toMatch(new RegExp(`${path.leafFile}: revoked[^]*Reason: certificateHold\n`));

      await release(court, path);
      const released = await timed(court, `openssl ocsp ${options.join(' ')}: released`, look, says(good));
      expect(released.said).toMatch(good);

      await revoke(court, path, 'keyCompromise');
      const gone = await timed(court, `openssl ocsp ${options.join(' ')}: revoked`, look, says(/: revoked$/m));
      expect(gone.said).toMatch(new RegExp(`${path.leafFile}: revoked[^]*Reason: keyCompromise\n`));
    },
  );

  it('echoes the nonce, and only where there is one', async () => {
    const path = await issue(court);
    const nonced = await ask(path, ['-nonce', '-resp_text']);
    expect(nonced.said).toMatch(/Response Extensions:\s+OCSP Nonce:/);
    expect((await ask(path, ['-no_nonce', '-resp_text'])).said).not.toMatch(/OCSP Nonce/);
  });

  it('asks for several at once, by certificate and by serial', async () => {
    const [good, bad] = [await issue(court), await issue(court)];
    const [unknown, bySerial] = [`0x01${'ab'.repeat(16)}`, `0x${good.serial}`];
    await revoke(court, bad, 'cessationOfOperation');
    const of = ['-cert', good.leafFile, '-cert', bad.leafFile, '-serial', bySerial, '-serial', unknown];
    const { said, code } = await eventually(() => ask(good, ['-no_nonce'], of), says(/: revoked$/m));
    expect(code).toBe(0);
    expect(said).toMatch(new RegExp(`^${good.leafFile}: good$`, 'm'));
    expect(said).toMatch(new RegExp(`^${bad.leafFile}: revoked$[^]*Reason: cessationOfOperation\n`, 'm'));
    expect(said).toMatch(new RegExp(`^${bySerial}: good$`, 'm'));
    expect(said).toMatch(new RegExp(`^${unknown}: unknown$`, 'm'));
  });

  it('is told that nobody here may answer for another issuer, or for two in one request', async () => {
    const { judge } = court;
    const path = await issue(court);
    const [leaf, issuerFile, intermediateFile] = (await judge.split(path)) as [string, string, string];
    const { ocsp: url } = await judge.urls(leaf);
    await judge.must(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'other.key'],
      ...['-subj', '/CN=somebody else', '-out', 'other.pem'],
    );
    const other = await judge.ocsp({ url, issuerFile: 'other.pem', of: ['-serial', '0x01'] });
    expect(other.said).toMatch(/^Responder Error: unauthorized \(6\)$/m);
    const spanning = ['-cert', leaf, '-issuer', intermediateFile, '-cert', issuerFile];
    expect((await judge.ocsp({ url, issuerFile, of: spanning })).said).toMatch(
      /^Responder Error: unauthorized \(6\)$/m,
    );
  });

  it('asks about the CAs too, each answered for by its own issuer', async () => {
    const { judge } = court;
    const issuers = await issuersByPurpose();
    const below = { intermediate: 'root', workload: 'intermediate', server: 'intermediate', system: 'system-root' };
    for (const [purpose, parent] of Object.entries(below)) {
      const [subject, issuer] = [issuers[purpose]!, issuers[parent]!];
      const verdict = await judge.ocsp({
        url: (await judge.urls(subject.file)).ocsp,
        issuerFile: issuer.file,
        of: ['-cert', subject.file],
        rootFile: issuers[purpose === 'system' ? 'system-root' : 'root']!.file,
        ...(parent === 'intermediate' ? { chainFile: issuer.file } : {}),
      });
      expect(verdict.said).toMatch(verified);
      expect(verdict).toMatchObject({
        code: 0,
        said: expect.stringMatching(new RegExp(`^${subject.file}: good$`, 'm')),
      });
    }
  });
});

describe('openssl s_client at the REST port', () => {
  const connect = (args: readonly string[], input?: string): Promise<Verdict> => {
    const { host } = new URL(court.service.restUrl);
    return court.judge.run(['s_client', '-connect', host, '-CAfile', court.judge.rootFile, ...args], input);
  };

  it.each([
    ['-verify_hostname', 'localhost'],
    ['-verify_ip', '127.0.0.1'],
  ])('verifies the certificate (%s %s)', async (...name) => {
    const { code, said } = await connect(['-verify_return_error', ...name]);
    expect(said).toMatch(/^Verify return code: 0 \(ok\)$/m);
    expect(said).toMatch(/^New, TLSv1\.3, Cipher is TLS_/m);
    expect(code).toBe(0);
  });

  it('does not take it for somebody else’s', async () => {
    const { said } = await connect(['-verify_return_error', '-verify_hostname', 'example.com']);
    expect(said).toMatch(/verify error:num=62:hostname mismatch/);
  });

  it('gets TLS 1.3 and nothing older', async () => {
    const { code, said } = await connect(['-tls1_2']);
    expect(code).toBe(1);
    expect(said).toMatch(/alert protocol version/);
  });

  it('resumes no session', async () => {
    // In TLS 1.3 a ticket comes after the handshake; one whole answer, and it would have been here.
    const first = await connect(['-sess_out', 'session.pem', '-ign_eof'], 'GET /healthz HTTP/1.0\r\n\r\n');
    expect(first.said).toMatch(/^HTTP\/1\.1 200 OK/m);
    expect(await court.judge.read('session.pem')).toMatch(/BEGIN SSL SESSION PARAMETERS/);
    const again = await connect(['-sess_in', 'session.pem']);
    expect(again.said).toMatch(/^New, TLSv1\.3/m);
    expect(again.said).not.toMatch(/^Reused/m);
  });
});
