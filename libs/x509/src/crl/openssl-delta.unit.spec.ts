import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { derToPem } from '../asn1/pem.js';
import { certificateFacts } from '../certificate/facts.js';
import { OpenSsl } from '../testing/openssl.js';
import { TestHierarchy, type TestLeaf } from '../testing/hierarchy.js';
import { RevokedEntries } from './revoked-entries.js';
import { assembleCrl, buildTbsCertList } from './tbs-cert-list.js';

// openssl verify -use_deltas is the judge: a delta beside an old complete CRL says what the newest one would.

let openssl: OpenSsl;
let hierarchy: TestHierarchy;
let leaves: Record<'good' | 'revoked' | 'released' | 'kept', TestLeaf>;
beforeAll(async () => {
  [hierarchy, openssl] = [await TestHierarchy.create(new Date()), await OpenSsl.create()];
  const leaf = () => hierarchy.workload();
  leaves = { good: await leaf(), revoked: await leaf(), released: await leaf(), kept: await leaf() };
});
afterAll(() => openssl.remove());

const url = 'http://ca.example/a-delta.crl';
const hour = 3_600_000;
const crl = async (
  number: bigint,
  entries: RevokedEntries,
  base?: bigint,
  freshestCrlUrl?: string,
): Promise<string> => {
  const { certificate, keyId } = hierarchy.issuers.workload;
  const toBeSigned = buildTbsCertList({
    issuerName: certificateFacts(certificate).subjectName,
    signatureAlgorithm: 'ecdsa-sha256',
    thisUpdate: new Date(hierarchy.now.getTime() - hour / 12),
    nextUpdate: new Date(hierarchy.now.getTime() + hour),
    authorityKeyId: hierarchy.authorityKeyId('workload'),
    crlNumber: number,
    ...(base === undefined ? {} : { baseCrlNumber: base }),
    ...(!freshestCrlUrl ? {} : { freshestCrlUrl }),
    entries: entries.encode(),
  });
  const signature = await hierarchy.signer.sign({ keyId, usage: 'crl', toBeSigned, certificate });
  return derToPem(assembleCrl(toBeSigned, 'ecdsa-sha256', signature), 'X509 CRL');
};

/** The old complete CRL, and the delta from it to the newest: revoked since, and released. */
const publish = async (base = 5n, freshest = url): Promise<{ old: string; delta: string }> => {
  const entries = new RevokedEntries();
  const ends = new Date(hierarchy.now.getTime() + 24 * hour);
  const list = ({ serial }: TestLeaf, position: number) =>
    entries.set({ serial, revokedAt: hierarchy.now, reason: 'certificateHold' }, ends, position);
  list(leaves.released, 1);
  list(leaves.kept, 2);
  const old = await crl(5n, entries, undefined, freshest);
  list(leaves.revoked, 7);
  entries.remove(leaves.released.serial);
  const changes = entries.changedSince(5, [{ serial: leaves.released.serial, removedAt: hierarchy.now }]);
  return { old, delta: await crl(9n, changes, base) };
};

const verify = async (crls: readonly string[], options: readonly string[]): Promise<Record<string, string>> => {
  const crlFile = await openssl.write('crls.pem', crls.join(''));
  const ca = (certificate: Buffer) => derToPem(certificate, 'CERTIFICATE');
  const root = await openssl.write('root.pem', ca(hierarchy.root.certificate));
  const chain = [hierarchy.intermediate, hierarchy.issuers.workload].map((one) => ca(one.certificate)).join('');
  const untrusted = await openssl.write('chain.pem', chain);
  const said: Record<string, string> = {};
  for (const [name, { certificate }] of Object.entries(leaves)) {
    const file = await openssl.write(`${name}.pem`, ca(certificate));
    const chain = ['-CAfile', root, '-untrusted', untrusted];
    const { code, output } = await openssl.run('verify', ...chain, '-CRLfile', crlFile, '-crl_check', ...options, file);
    said[name] = code === 0 ? 'good' : (/lookup: (.*)/.exec(output)?.[1] ?? output);
  }
  return said;
};

const before = { good: 'good', revoked: 'good', released: 'certificate revoked', kept: 'certificate revoked' };
const after = { good: 'good', revoked: 'certificate revoked', released: 'good', kept: 'certificate revoked' };

describe('openssl on a delta', () => {
  it('makes the newest CRL of an old one and the delta, when told to use deltas', async () => {
    const { old, delta } = await publish(5n, url);
    expect(await verify([old], [])).toEqual(before);
    expect(await verify([old, delta], ['-extended_crl', '-use_deltas'])).toEqual(after);
    expect(await verify([delta, old], ['-extended_crl', '-use_deltas'])).toEqual(after);
  });

  it('takes no delta by itself, where no CRL names one, or that builds on a later CRL', async () => {
    const { old, delta } = await publish();
    expect(await verify([old, delta], [])).toEqual(before);
    const nameless = await publish(5n, '');
    expect(await verify([nameless.old, delta], ['-extended_crl', '-use_deltas'])).toEqual(before);
    const later = await publish(6n);
    expect(await verify([old, later.delta], ['-extended_crl', '-use_deltas'])).toEqual(before);
  });

  // Why docs/trust.md says that a delta never goes into a file of CRLs (nginx, HAProxy).
  it('takes a delta for a complete CRL when nobody has spoken of extended CRLs', async () => {
    const { delta } = await publish();
    const all = { good: 'good', revoked: 'certificate revoked', released: 'good', kept: 'good' };
    expect(await verify([delta], [])).toEqual(all);
    const none = 'unable to get certificate CRL';
    const refused = { good: none, revoked: none, released: none, kept: none };
    expect(await verify([delta], ['-extended_crl', '-use_deltas'])).toEqual(refused);
  });
});
