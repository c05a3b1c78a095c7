import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { keyPem, makeRequest } from '../support/enrol.js';
import { cart, GrpcWorld } from '../support/grpc/world.js';
import { installed } from '../support/judges/installed.js';

let database: TestDatabase;
let world: GrpcWorld;
let directory: string;
beforeAll(async () => {
  database = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
  world = await GrpcWorld.start(database);
  directory = mkdtempSync(join(tmpdir(), 'cartulary-istio-'));
});
afterAll(async () => {
  await world?.dispose();
  await database?.drop();
  if (directory) rmSync(directory, { recursive: true, force: true });
});

const file = (name: string, content: string): string => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Istio's generated client, over grpc-go. */
const ask = (flags: Readonly<Record<string, string>>): Promise<Said> =>
  new Promise((resolve) => {
    const usual = { address: `localhost:${world.port}`, root: file('root.crt', world.root) };
    const args = Object.entries({ ...usual, ...flags }).flatMap(([name, value]) => [`-${name}`, value]);
    execFile(installed('istio-client'), args, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });

const chainOf = (out: string): X509Certificate[] =>
  (out.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  );

describe('Istio’s own client of its certificate service', () => {
  it('gets a certificate by its service account’s token, and another by that certificate', async () => {
    const { csr, key } = await makeRequest({ uris: [cart] });
    const token = file('token', await world.cluster.token({ node: 'node-1' }));
    const first = await ask({ csr: file('csr.pem', csr), token, ttl: '3600' });
    expect(first).toMatchObject({ code: 0, err: expect.stringContaining('health: SERVING') });
    const chain = chainOf(first.out);
    expect(chain[0]!.subjectAltName).toBe(`URI:${cart}`);
    expect(chain[0]!.checkPrivateKey(key)).toBe(true);
    expect(chain.at(-1)!.fingerprint256).toBe(new X509Certificate(world.root).fingerprint256);

    const shown = { cert: file('cert.pem', first.out), key: file('key.pem', keyPem(key)) };
    const second = await ask({ csr: file('csr2.pem', (await makeRequest()).csr), ...shown });
    expect(second.code).toBe(0);
    expect(chainOf(second.out)[0]!.subjectAltName).toBe(`URI:${cart}`);
  });

  it('asks for a workload on its node, as ztunnel does', async () => {
    await world.place(cart, 'node-2');
    const token = await world.cluster.token({ namespace: 'istio-system', account: 'ztunnel', node: 'node-2' });
    const { csr } = await makeRequest({ uris: [cart] });
    const flags = { csr: file('csr3.pem', csr), token: file('token3', token) };
    const said = await ask({ ...flags, impersonate: cart });
    expect(said.code).toBe(0);
    expect(chainOf(said.out)[0]!.subjectAltName).toBe(`URI:${cart}`);
    const bare = file('csr3.pem', (await makeRequest()).csr);
    const foreign = 'spiffe://cluster.local/ns/bank/sa/pay';
    expect(await ask({ ...flags, csr: bare, impersonate: foreign })).toMatchObject({
      ...{ code: 2, err: expect.stringContaining('refused: NotFound [IDENTITY_NOT_REGISTERED]') },
    });
  });

  it('is refused with the status of gRPC and our code', async () => {
    const csr = file('csr4.pem', (await makeRequest({ uris: ['spiffe://cluster.local/ns/bank/sa/pay'] })).csr);
    expect(await ask({ csr })).toMatchObject({
      ...{ code: 2, err: expect.stringContaining('refused: Unauthenticated [UNAUTHENTICATED]') },
    });
    const token = file('token4', await world.cluster.token());
    expect(await ask({ csr, token })).toMatchObject({
      ...{ code: 2, err: expect.stringContaining('refused: InvalidArgument [CSR_WRONG_IDENTITY]') },
    });
  });
});
