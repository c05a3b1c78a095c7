import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import supertest from 'supertest';
import { createCsr, type CsrContents, derToPem, generatePrivateKey, type KeyAlgorithm } from '@cartulary/x509';
import type { StandaloneProcess } from '@cartulary/testing';

export interface Request {
  readonly key: KeyObject;
  /** PEM. */
  readonly csr: string;
}

/** A key of one's own and a request for it. */
export const makeRequest = async (
  contents: CsrContents = {},
  algorithm: KeyAlgorithm = 'ecdsa-p256',
): Promise<Request> => {
  const key = await generatePrivateKey(algorithm);
  return { key, csr: derToPem(await createCsr(key, contents), 'CERTIFICATE REQUEST') };
};

export const keyPem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string;

export interface Identification {
  /** PEM. */
  readonly key?: string;
  readonly cert?: string;
  readonly token?: string;
}

/** The first operator of a standalone service. */
export const firstOperator = (service: StandaloneProcess): Identification => ({
  key: service.read('operator.key'),
  cert: service.read('operator.crt'),
});

type Method = 'get' | 'post' | 'delete';

/** Speaks to the REST API as one caller, through supertest. */
export const restOf = (service: StandaloneProcess, { key, cert, token }: Identification = {}) => {
  const ca = readFileSync(join(service.dataDirectory, 'root.crt'), 'utf8');
  const call = (method: Method, path: string): supertest.Test => {
    const agent = supertest(service.restUrl);
    let test = agent[method](path).ca(ca);
    if (key && cert)
      test = test.key(createPrivateKey(key).export({ type: 'pkcs8', format: 'pem' }) as string).cert(cert);
    return token ? test.set('Authorization', `Bearer ${token}`) : test;
  };
  return {
    get: (path: string) => call('get', path),
    post: (path: string, body?: object) => (body ? call('post', path).send(body) : call('post', path)),
    delete: (path: string) => call('delete', path),
  };
};
