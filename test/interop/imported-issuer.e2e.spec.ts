import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Court, eventually, issue, openCourt, release, revoke, timed } from '../support/interop.js';
import { type ImportedCa, makeImportedCa } from '../support/interop-imported-ca.js';
import { OpensslJudge, type Verdict } from '../support/interop-openssl.js';

let directory: string;
let elsewhere: ImportedCa;
let court: Court;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cartulary-imported-'));
  elsewhere = await makeImportedCa(new OpensslJudge(directory, 'plugged-root.pem'));
  court = await openCourt({
    CARTULARY_ISSUER_CHAIN_FILE: elsewhere.chainFile,
    CARTULARY_ISSUER_KEY_FILE: elsewhere.issuerKeyFile,
  });
});
afterAll(async () => {
  await court?.close();
  await rm(directory, { recursive: true, force: true });
});

const revoked = /error 23 at 0 depth lookup: certificate revoked/;

describe('an issuer that openssl has made', () => {
  it('issues, and openssl verify follows its certificate from good to held, released and revoked', async () => {
    const { judge } = court;
    const path = await issue(court);
    expect(await judge.must('x509', '-in', path.leafFile, '-noout', '-issuer')).toBe(
      'issuer=O = Plugged in, CN = plugged-issuer\n',
    );
    const { crl } = await judge.urls(path.leafFile);
    const verify = async (): Promise<Verdict> => {
      const crls = await judge.join(elsewhere.crlsFile, await judge.fetch('crl', crl));
      return judge.verify(path, crls, elsewhere.rootFile);
    };
    expect(await verify()).toEqual({ code: 0, said: `${path.leafFile}: OK\n` });
    const isRevoked = ({ said }: Verdict) => revoked.test(said);

    await revoke(court, path, 'certificateHold');
    expect((await timed(court, 'openssl verify: held', verify, isRevoked)).said).toMatch(revoked);
    await release(court, path);
    expect(await timed(court, 'openssl verify: released', verify, ({ code }) => code === 0)).toMatchObject({ code: 0 });
    await revoke(court, path, 'keyCompromise');
    expect((await timed(court, 'openssl verify: revoked', verify, isRevoked)).said).toMatch(revoked);

    const printed = await judge.crl(await judge.fetch('crl', crl), elsewhere.issuerFile);
    expect(printed.said).toMatch(/^verify OK$/m);
    expect(printed.said).toMatch(new RegExp(`Serial Number: ${path.serial.toUpperCase()}[^]*Key Compromise`));
  });

  it('has a delegated responder that openssl ocsp trusts', async () => {
    const { judge } = court;
    const path = await issue(court);
    const { ocsp: url } = await judge.urls(path.leafFile);
    const { issuerFile, rootFile } = elsewhere;
    const ask = () =>
      judge.ocsp({ url, issuerFile, rootFile, of: ['-cert', path.leafFile], chainFile: path.chainFile });
    const good = await eventually(ask, ({ said }) => /: good$/m.test(said));
    expect(good.said).toMatch(/^Response verify OK$/m);
    expect(good.said).toMatch(new RegExp(`^${path.leafFile}: good$`, 'm'));
    await revoke(court, path, 'affiliationChanged');
    const gone = await timed(court, 'openssl ocsp: revoked', ask, ({ said }) => /: revoked$/m.test(said));
    expect(gone.said).toMatch(/^Response verify OK$/m);
    expect(gone.said).toMatch(new RegExp(`^${path.leafFile}: revoked$[^]*Reason: affiliationChanged\n`, 'm'));
  });

  it('is what caIssuers serves, and its root is in the bundle for relying parties', async () => {
    const { judge, service } = court;
    const { leafFile } = await issue(court);
    const served = await judge.fetch('x509', (await judge.urls(leafFile)).issuer);
    expect(await judge.must('x509', '-in', served)).toBe(await judge.must('x509', '-in', elsewhere.issuerFile));
    expect(service.read('root.crt')).toContain(await judge.must('x509', '-in', elsewhere.rootFile));
  });
});
