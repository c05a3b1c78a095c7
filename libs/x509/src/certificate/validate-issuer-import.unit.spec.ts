import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OpenSsl } from '../testing/openssl.js';
import { validateIssuerImport, type IssuerImport } from './validate-issuer-import.js';

// Chains as operators bring them: made with openssl, as Istio's documentation has it.

let openssl: OpenSsl;
const texts = new Map<string, string>();

const run = async (...args: string[]) => {
  const { code, output } = await openssl.run(...args);
  expect(code, output).toBe(0);
};

const ca = 'basicConstraints=critical,CA:TRUE';
const signs = 'keyUsage=critical,keyCertSign,cRLSign';

/** A certificate and key by name, issued by the parent or by itself. */
const make = async (name: string, parent: string | undefined, extensions: string[], days = '30', curve = 'P-256') => {
  await run('genpkey', '-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`, '-out', `${name}.key`);
  const request = ['req', '-new', '-key', `${name}.key`, '-subj', `/O=Istio/CN=${name}`];
  const more = extensions.flatMap((extension) => ['-addext', extension]);
  if (!parent) await run(...request, '-x509', '-days', days, '-out', `${name}.crt`, ...more);
  else {
    await run(...request, '-out', `${name}.csr`);
    await openssl.write(`${name}.ext`, extensions.join('\n'));
    await run(
      ...[
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        `${parent}.crt`,
        '-CAkey',
        `${parent}.key`,
        '-days',
        days,
        '-out',
        `${name}.crt`,
        '-extfile',
        `${name}.ext`,
      ],
    );
  }
  for (const kind of ['crt', 'key'])
    texts.set(`${name}.${kind}`, await readFile(join(openssl.directory, `${name}.${kind}`), 'utf8'));
};

beforeAll(async () => {
  openssl = await OpenSsl.create();
  await make('root', undefined, [ca, signs]);
  await make('middle', 'root', [`${ca},pathlen:1`, signs]);
  await make('issuer', 'middle', [`${ca},pathlen:0`, signs]);
  await make('too-deep', 'issuer', [ca, signs]);
  await make('leaf', 'issuer', ['basicConstraints=CA:FALSE']);
  await make('no-crl', 'root', [ca, 'keyUsage=critical,keyCertSign']);
  await make('short', 'root', [ca, signs], '1');
  await make('odd', 'root', [ca, signs], '30', 'P-521');
});
afterAll(() => openssl.remove());

const input = (chain: string[], key = chain[0]!, more: Partial<IssuerImport> = {}): IssuerImport => ({
  chainPem: chain.map((name) => texts.get(`${name}.crt`)!).join(''),
  privateKeyPem: texts.get(`${key}.key`)!,
  now: new Date(),
  ...more,
});

describe('validateIssuerImport', () => {
  it('takes an issuer with its chain and a root by itself', () => {
    const imported = validateIssuerImport(input(['issuer', 'middle', 'root']));
    expect(imported).toMatchObject({ keyAlgorithm: 'ecdsa-p256', keyHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(imported.intermediates).toHaveLength(1);
    const root = validateIssuerImport(input(['root']));
    expect(root.root).toEqual(root.certificate);
    expect(imported.root).toEqual(root.certificate);
  });

  it.each<[string, () => IssuerImport, string]>([
    ['another key', () => input(['issuer', 'middle', 'root'], 'root'), 'ISSUER_IMPORT_KEY_MISMATCH'],
    ['a leaf', () => input(['leaf', 'issuer', 'middle', 'root']), 'ISSUER_IMPORT_NOT_A_CA'],
    ['a CA that may not sign CRLs', () => input(['no-crl', 'root']), 'ISSUER_IMPORT_NOT_A_CA'],
    [
      'a path length without room',
      () => input(['issuer', 'middle', 'root'], 'issuer', { casBelow: 1 }),
      'ISSUER_IMPORT_NOT_A_CA',
    ],
    ['a path that a CA forbids', () => input(['too-deep', 'issuer', 'middle', 'root']), 'ISSUER_IMPORT_CHAIN_INVALID'],
    ['a chain without its root', () => input(['issuer', 'middle']), 'ISSUER_IMPORT_CHAIN_INVALID'],
    ['a chain with a gap', () => input(['issuer', 'root']), 'ISSUER_IMPORT_CHAIN_INVALID'],
    ['a chain out of order', () => input(['issuer', 'no-crl', 'middle', 'root']), 'ISSUER_IMPORT_CHAIN_INVALID'],
    [
      'an expired issuer',
      () => input(['short', 'root'], 'short', { now: new Date(Date.now() + 3 * 86_400_000) }),
      'ISSUER_IMPORT_EXPIRED',
    ],
    ['a curve that we do not support', () => input(['odd', 'root']), 'ISSUER_IMPORT_WEAK_KEY'],
    ['no certificate', () => input(['issuer'], 'issuer', { chainPem: 'nothing' }), 'ISSUER_IMPORT_MALFORMED'],
    [
      'a key where the chain belongs',
      () => input(['issuer'], 'issuer', { chainPem: texts.get('issuer.key')! }),
      'ISSUER_IMPORT_MALFORMED',
    ],
    ['no key', () => input(['issuer'], 'issuer', { privateKeyPem: 'nothing' }), 'ISSUER_IMPORT_MALFORMED'],
  ])('refuses %s', (_, make, code) => {
    expect(() => validateIssuerImport(make())).toThrow(expect.objectContaining({ code, name: 'IssuerImportError' }));
  });
});
