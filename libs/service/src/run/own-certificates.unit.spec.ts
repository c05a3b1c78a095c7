import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@cartulary/runtime';
import { derToPem, issueCertificate, newSerial, verifyCsr } from '@cartulary/x509';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publicationsOf } from '../publications.js';
import { TestDomain } from '../testing/test-domain.js';
import { CertificateFiles } from './certificate-files.js';
import { DataDirectory } from './data-directory.js';
import { type CertificateSource, type CertificateWanted, OwnCertificates } from './own-certificates.js';

const identity = 'spiffe://cluster.local/cartulary/service/inventory';
const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
const LIFE_MS = 100_000;

/** Issues as issuance would, and remembers what it was asked for. */
class Source implements CertificateSource {
  readonly wanted: CertificateWanted[] = [];
  failing: Error | undefined;
  constructor(
    private readonly domain: TestDomain,
    readonly first: boolean,
  ) {}

  async obtain(wanted: CertificateWanted): Promise<{ certificate: string; chain: string }> {
    this.wanted.push(wanted);
    if (this.failing) throw this.failing;
    const { spki, dnsNames, ipAddresses } = await verifyCsr(wanted.csr);
    const now = Math.floor(this.domain.clock.now().getTime() / 1000) * 1000;
    const common = { serial: newSerial(), notBefore: new Date(now), notAfter: new Date(now + LIFE_MS), spki };
    const issuer = this.domain.issuer(wanted.kind === 'server' ? 'server' : 'system');
    const publications = publicationsOf('http://crl.example', issuer.issuerId);
    const request =
      wanted.kind === 'server'
        ? { profile: 'server' as const, ...common, publications, dnsNames, ipAddresses }
        : { profile: 'service' as const, ...common, publications, trustDomain: 'cluster.local', spiffeId: identity };
    const reference = { certificate: Buffer.from(issuer.certificate, 'base64'), keyId: issuer.keyId };
    const certificate = await issueCertificate(request, reference, this.domain.signer);
    return { certificate: derToPem(certificate, 'CERTIFICATE'), chain: '' };
  }
}

describe('OwnCertificates', () => {
  let domain: TestDomain;
  let directory: string;
  let files: CertificateFiles;
  beforeEach(async () => {
    domain = await TestDomain.create({ settings: { clockSkew: 0 } });
    directory = mkdtempSync(join(tmpdir(), 'cartulary-own-'));
    files = new CertificateFiles(await DataDirectory.open(directory));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const open = async (random = 0) => {
    const { clock } = domain;
    const logger = silentLogger();
    const options = { files, name: 'inventory', identity, names, skew: 0, clock, logger, random: () => random };
    const own = new OwnCertificates(options);
    await own.load();
    return own;
  };
  /** As issuance has them, or as `cartulary init` made them for others. */
  const enrolled = async () => {
    const own = await open();
    await own.renew(new Source(domain, true));
    return own;
  };
  const kinds = (source: Source) => source.wanted.map(({ kind }) => kind);

  it('are issued at the first start where the source does that, and are there at the next', async () => {
    const own = await enrolled();
    expect(own.get('server')).toMatchObject(names);
    expect((await open()).get('service').serial).toBe(own.get('service').serial);
    expect(readdirSync(join(directory, 'services')).sort()).toEqual(['inventory-server.pem', 'inventory.pem']);
    expect(statSync(join(directory, 'services/inventory.pem')).mode & 0o777).toBe(0o600);
  });

  it('are not made up where they are missing: the error says what to run', async () => {
    const own = await open();
    expect(() => own.get('service')).toThrow('cartulary init --services inventory');
    const source = new Source(domain, false);
    await expect(own.renew(source)).rejects.toMatchObject({ code: 'SERVICE_SETUP' });
    expect(source.wanted).toEqual([]);
  });

  it('are renewed between a half and 65 % of their life, under the same names, with a new key', async () => {
    await enrolled();
    const [early, late] = [await open(0), await open(1)];
    const first = early.get('server');
    const source = new Source(domain, false);
    domain.clock.advance(LIFE_MS * 0.49);
    expect(await early.renew(source)).toBe(false);
    domain.clock.advance(LIFE_MS * 0.03);
    expect(await late.renew(source)).toBe(false);
    expect(await early.renew(source)).toBe(true);
    expect(kinds(source).sort()).toEqual(['server', 'service']);
    expect(source.wanted.find(({ kind }) => kind === 'server')).toMatchObject({ predecessor: first.serial, identity });
    expect(early.get('server')).toMatchObject(names);
    expect(early.get('server').key).not.toBe(first.key);
  });

  it('are taken from the directory where another replica was faster', async () => {
    await enrolled();
    const [one, other] = [await open(), await open()];
    domain.clock.advance(LIFE_MS * 0.6);
    await one.renew(new Source(domain, false));
    const source = new Source(domain, false);
    expect(await other.renew(source)).toBe(true);
    expect(source.wanted).toEqual([]);
    expect(other.get('service').serial).toBe(one.get('service').serial);
  });

  it('go on while issuance is away, ask again with pauses, and end when they end', async () => {
    await enrolled();
    const own = await open();
    const source = new Source(domain, false);
    source.failing = new Error('away');
    domain.clock.advance(LIFE_MS * 0.6);
    expect(await own.renew(source)).toBe(false);
    expect(await own.renew(source)).toBe(false);
    expect(source.wanted).toHaveLength(2);
    expect(own.check()).toContain('service until');
    domain.clock.advance(LIFE_MS * 0.3);
    await own.renew(source);
    expect(source.wanted).toHaveLength(4);
    domain.clock.advance(LIFE_MS * 0.2);
    expect(() => own.check()).toThrow(expect.objectContaining({ code: 'OWN_CERTIFICATE_EXPIRED' }) as Error);
    expect(() => own.get('service')).toThrow('has ended');
    await expect(own.renew(source)).rejects.toMatchObject({ code: 'SERVICE_SETUP' });
  });

  it('of init and of the service itself: the one issued last counts; one with another’s key does not', async () => {
    const before = (await enrolled()).get('service');
    domain.clock.advance(5_000);
    const again = await open();
    domain.clock.advance(LIFE_MS * 0.6);
    await again.renew(new Source(domain, false));
    const newer = again.get('service');
    const init = (name: string, content: string) => writeFileSync(join(directory, 'services', name), content);
    init('inventory.key', before.key);
    init('inventory.crt', before.cert);
    expect((await files.read('inventory'))?.serial).toBe(newer.serial);
    init('inventory.crt', newer.cert);
    init('inventory.pem', 'torn');
    expect(await files.read('inventory')).toBeUndefined();
    init('inventory.key', newer.key);
    expect((await files.read('inventory'))?.serial).toBe(newer.serial);
  });
});
