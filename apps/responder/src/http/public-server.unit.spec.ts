import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { derToPem } from '@cartulary/x509';
import { openPublicSide, type PublicSide } from '../testing/public-side.fixture.spec.js';
import type { TestCertificate } from '../testing/test-authority.fixture.spec.js';

const run = promisify(execFile);

describe('the public side, as OpenSSL sees it', () => {
  let side: PublicSide;
  let directory: string;
  let certificate: TestCertificate;

  const file = (name: string): string => join(directory, name);
  const store = async (name: string, der: Buffer): Promise<void> => writeFile(file(name), derToPem(der, 'CERTIFICATE'));

  beforeAll(async () => {
    side = await openPublicSide();
    directory = await mkdtemp(join(tmpdir(), 'responder-'));
    certificate = await side.authority.issue(side.workload);
    await store('root.pem', side.root.certificate);
    await store('issuer.pem', side.workload.certificate);
    await store('leaf.pem', certificate.certificate);
    await writeFile(
      file('chain.pem'),
      derToPem(side.root.certificate, 'CERTIFICATE') + derToPem(side.workload.certificate, 'CERTIFICATE'),
    );
  });
  afterAll(async () => {
    await side.close();
    await rm(directory, { recursive: true });
  });

  const ocsp = async (...options: string[]): Promise<string> => {
    const names = ['-issuer', file('issuer.pem'), '-cert', file('leaf.pem'), '-CAfile', file('chain.pem')];
    const { stdout, stderr } = await run('openssl', ['ocsp', '-url', `${side.url}/ocsp`, ...names, ...options]);
    expect(stderr).toContain('Response verify OK');
    return stdout;
  };
  const crl = async (): Promise<string> => {
    const response = await side.get(`/crl/${side.workload.issuerId}.crl`);
    await writeFile(file('issuer.crl'), Buffer.from(await response.arrayBuffer()));
    const options = ['-inform', 'DER', '-in', file('issuer.crl'), '-text', '-noout', '-verify', '-CAfile'];
    const { stdout, stderr } = await run('openssl', ['crl', ...options, file('issuer.pem')]);
    expect(stderr).toContain('verify OK');
    return stdout;
  };

  it('goes through a certificate’s life', async () => {
    expect(await ocsp()).toContain('leaf.pem: good');
    expect(await crl()).toContain('No Revoked Certificates');

    side.authority.hold(certificate);
    const held = await ocsp();
    expect(held).toContain('leaf.pem: revoked');
    expect(held).toContain('Reason: certificateHold');
    await side.authority.publishCrl(side.workload);
    expect(await crl()).toContain('Certificate Hold');

    side.authority.release(certificate);
    expect(await ocsp()).toContain('leaf.pem: good');
    await side.authority.publishCrl(side.workload);
    expect(await crl()).toContain('No Revoked Certificates');

    side.authority.revoke(certificate);
    const revoked = await ocsp();
    expect(revoked).toContain('leaf.pem: revoked');
    expect(revoked).toContain('Reason: keyCompromise');
    const number = await side.authority.publishCrl(side.workload);
    const final = await crl();
    expect(final).toContain(certificate.serial.toUpperCase());
    expect(final).toContain('Key Compromise');
    expect(final).toMatch(new RegExp(`X509v3 CRL Number:\\s+${number}\\s`));
  });

  it('answers SHA-256 CertIDs and several certificates at once', async () => {
    const other = await side.authority.issue(side.workload);
    await store('other.pem', other.certificate);
    const said = await ocsp('-sha256', '-cert', file('other.pem'));
    expect(said).toContain('leaf.pem: revoked');
    expect(said).toContain('other.pem: good');
  });

  it('says of the issuer, under its root, and of its own delegated certificate that they are good', async () => {
    const delegate = side.delegations.find(side.workload.issuerId, side.clock.now());
    await store('delegate.pem', delegate?.certificate ?? Buffer.alloc(0));
    expect(await ocsp('-cert', file('delegate.pem'))).toContain('delegate.pem: good');
    const names = ['-issuer', file('root.pem'), '-cert', file('issuer.pem'), '-cert', file('root.pem')];
    const { stdout, stderr } = await run('openssl', [
      ...['ocsp', '-url', `${side.url}/ocsp`, ...names, '-CAfile', file('root.pem')],
    ]);
    expect(stderr).toContain('Response verify OK');
    expect(stdout).toContain('issuer.pem: good');
    expect(stdout).toContain('root.pem: good');
  });
});
