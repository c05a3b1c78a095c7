import {
  createCsr,
  derToPem,
  generatePrivateKey,
  type KeyAlgorithm,
  keyAlgorithms,
  privateKeyToPem,
} from '@cartulary/x509';
import { CliError } from '../exit-codes.js';

export interface Names {
  readonly uris?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
}

export interface KeyAndRequest {
  /** PKCS #8, PEM. */
  readonly keyPem: string;
  /** PKCS #10, PEM. */
  readonly csrPem: string;
}

const aliases: Readonly<Record<string, KeyAlgorithm>> = { p256: 'ecdsa-p256', p384: 'ecdsa-p384', rsa: 'rsa-3072' };

export const keyAlgorithmFlag = (text: string): KeyAlgorithm => {
  const name = text.toLowerCase();
  const found = aliases[name] ?? keyAlgorithms.find((algorithm) => algorithm === name);
  if (found) return found;
  throw new CliError('usage', `${text} is not a key algorithm`, `Use one of ${keyAlgorithms.join(', ')}.`);
};

/** A new key, made here, and a request with it. */
export const makeRequest = async (algorithm: KeyAlgorithm, names: Names): Promise<KeyAndRequest> => {
  const key = await generatePrivateKey(algorithm);
  return { keyPem: privateKeyToPem(key), csrPem: derToPem(await createCsr(key, names), 'CERTIFICATE REQUEST') };
};
