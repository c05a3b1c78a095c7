import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { derToPem } from '../asn1/pem.js';
import { type KeyAlgorithm } from '../signer/key-algorithm.js';
import { generatePrivateKey } from '../signer/private-key.js';
import { OpenSsl } from '../testing/openssl.js';
import { createCsr } from './create-csr.js';
import { verifyCsr } from './verify-csr.js';

let openssl: OpenSsl;
beforeAll(async () => {
  openssl = await OpenSsl.create();
});
afterAll(() => openssl.remove());

const csr = async (key: readonly string[], request: readonly string[] = []): Promise<string> => {
  const made = await openssl.run(...key, '-out', 'key.pem');
  expect(made.code, made.output).toBe(0);
  const asked = await openssl.run(
    'req',
    '-new',
    '-key',
    'key.pem',
    '-subj',
    '/O=Example/CN=web',
    '-out',
    'csr.pem',
    ...request,
  );
  expect(asked.code, asked.output).toBe(0);
  return readFile(join(openssl.directory, 'csr.pem'), 'utf8');
};

const ec = (curve: string) => ['genpkey', '-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`];
const rsa = (bits: number, ...more: string[]) => [
  'genpkey',
  '-algorithm',
  'RSA',
  '-pkeyopt',
  `rsa_keygen_bits:${bits}`,
  ...more,
];

describe('requests made by openssl', () => {
  it.each([
    ['ecdsa-p256', ec('P-256'), []],
    ['ecdsa-p256', ec('P-256'), ['-sha512']],
    ['ecdsa-p384', ec('P-384'), ['-sha384']],
    ['rsa-2048', rsa(2048), []],
    ['rsa-3072', rsa(3072), ['-sha384']],
    ['rsa-2050', rsa(2050), []],
    ['ed25519', ['genpkey', '-algorithm', 'ED25519'], []],
  ])('accepts %s', async (algorithm, key, request) => {
    const names = 'subjectAltName=URI:spiffe://cluster.local/ns/a/sa/b,DNS:Web.Example.com,IP:10.0.0.1,IP:2001:db8::1';
    const pem = await csr(key, [...request, '-addext', names, '-addext', 'keyUsage=critical,digitalSignature']);
    const verified = await verifyCsr(pem);
    expect(verified).toMatchObject({
      keyAlgorithm: algorithm,
      subject: 'CN=web,O=Example',
      uris: ['spiffe://cluster.local/ns/a/sa/b'],
      dnsNames: ['web.example.com'],
      ipAddresses: ['10.0.0.1', '2001:db8::1'],
      requestedKeyUsage: ['digitalSignature'],
    });
    const spki = await openssl.run('pkey', '-in', 'key.pem', '-pubout');
    expect(derToPem(verified.spki, 'PUBLIC KEY')).toBe(spki.output);
    expect(await verifyCsr(verified.der)).toEqual(verified);
  });

  it.each<[string, string[], string[], string]>([
    ['P-224', ec('P-224'), [], 'CSR_UNSUPPORTED_KEY'],
    ['P-521', ec('P-521'), [], 'CSR_UNSUPPORTED_KEY'],
    ['secp256k1', ec('secp256k1'), [], 'CSR_UNSUPPORTED_KEY'],
    ['explicit parameters', [...ec('P-256'), '-pkeyopt', 'ec_param_enc:explicit'], [], 'CSR_UNSUPPORTED_KEY'],
    ['Ed448', ['genpkey', '-algorithm', 'ED448'], [], 'CSR_UNSUPPORTED_KEY'],
    ['RSA-PSS', ['genpkey', '-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'], [], 'CSR_UNSUPPORTED_KEY'],
    ['RSA 1024', rsa(1024), [], 'CSR_WEAK_KEY'],
    ['RSA 2047', rsa(2047), [], 'CSR_WEAK_KEY'],
    ['RSA exponent 3', rsa(2048, '-pkeyopt', 'rsa_keygen_pubexp:3'), [], 'CSR_WEAK_KEY'],
    ['MD5', rsa(2048), ['-md5'], 'CSR_WEAK_SIGNATURE'],
    ['SHA-1 with RSA', rsa(2048), ['-sha1'], 'CSR_WEAK_SIGNATURE'],
    ['SHA-1 with ECDSA', ec('P-256'), ['-sha1'], 'CSR_WEAK_SIGNATURE'],
    ['a PSS signature', rsa(2048), ['-sigopt', 'rsa_padding_mode:pss'], 'CSR_UNSUPPORTED_SIGNATURE'],
    ['CA:TRUE', ec('P-256'), ['-addext', 'basicConstraints=critical,CA:TRUE'], 'CSR_FORBIDDEN_EXTENSION'],
    ['keyCertSign', ec('P-256'), ['-addext', 'keyUsage=keyCertSign'], 'CSR_FORBIDDEN_EXTENSION'],
    ['cRLSign', ec('P-256'), ['-addext', 'keyUsage=digitalSignature,cRLSign'], 'CSR_FORBIDDEN_EXTENSION'],
    ['a wildcard', ec('P-256'), ['-addext', 'subjectAltName=DNS:*.example.com'], 'CSR_INVALID_NAME'],
    ['an e-mail name', ec('P-256'), ['-addext', 'subjectAltName=email:a@example.com'], 'CSR_INVALID_NAME'],
    ['another URI', ec('P-256'), ['-addext', 'subjectAltName=URI:https://example.com'], 'CSR_INVALID_NAME'],
    ['TLS feature', ec('P-256'), ['-addext', 'tlsfeature=status_request'], 'CSR_UNKNOWN_EXTENSION'],
    ['an unknown extension', ec('P-256'), ['-addext', '1.2.3.4=critical,ASN1:NULL'], 'CSR_UNKNOWN_EXTENSION'],
  ])('refuses %s', async (_, key, request, code) => {
    await expect(verifyCsr(await csr(key, request))).rejects.toMatchObject({ code, name: 'CsrError' });
  });

  it('accepts CA:FALSE, purposes and a challenge password, and says what was asked for', async () => {
    const pem = await csr(ec('P-256'), [
      '-addext',
      'basicConstraints=CA:FALSE',
      '-addext',
      'extendedKeyUsage=clientAuth',
    ]);
    expect(await verifyCsr(pem)).toMatchObject({ requestedExtendedKeyUsage: ['1.3.6.1.5.5.7.3.2'], uris: [] });
  });
});

describe('createCsr', () => {
  it.each<KeyAlgorithm>(['ecdsa-p256', 'ecdsa-p384', 'rsa-2048', 'ed25519'])(
    'is accepted by openssl (%s)',
    async (algorithm) => {
      const contents = {
        subject: [{ type: 'CN', value: 'wéb, inc.' }],
        uris: ['spiffe://cluster.local/a'],
        dnsNames: ['localhost'],
        ipAddresses: ['::1', '127.0.0.1'],
      } as const;
      const der = await createCsr(await generatePrivateKey(algorithm), contents);
      await openssl.write('ours.pem', derToPem(der, 'CERTIFICATE REQUEST'));
      const { code, output } = await openssl.run('req', '-in', 'ours.pem', '-verify', '-noout', '-text');
      expect(code, output).toBe(0);
      expect(output).toMatch(
        /URI:spiffe:\/\/cluster\.local\/a, DNS:localhost, IP Address:0:0:0:0:0:0:0:1, IP Address:127\.0\.0\.1/,
      );
      expect(await verifyCsr(der)).toMatchObject({
        subject: 'CN=wéb\\, inc.',
        uris: contents.uris,
        dnsNames: contents.dnsNames,
        ipAddresses: contents.ipAddresses,
      });
    },
  );
});
