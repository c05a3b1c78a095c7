import { readFile } from 'node:fs/promises';
import { certificateFacts, pemChainToDer } from '@cartulary/x509';
import { CliError } from '../exit-codes.js';

/** Hex as people paste it. */
const SERIAL = /^(?:0x)?[0-9a-f]{2}(?::?[0-9a-f]{2}){0,19}$/i;

export const looksLikeSerial = (text: string): boolean => SERIAL.test(text);

export const normalSerial = (text: string): string => text.toLowerCase().replace(/^0x/, '').replaceAll(':', '');

/** The first certificate of a PEM file, or a DER file. */
export const readCertificateFile = async (path: string): Promise<Buffer> => {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const hint = 'Give a serial number in hex, or a certificate file (PEM or DER).';
    throw new CliError('usage', `${path} is neither a serial nor a file that can be read`, hint, { cause });
  }
  // DER starts with a SEQUENCE.
  if (bytes[0] === 0x30) return bytes;
  const text = bytes.toString('latin1');
  const start = text.indexOf('-----BEGIN CERTIFICATE-----');
  const [first] = pemChainToDer(start > 0 ? text.slice(start) : text);
  if (!first) throw new CliError('usage', `${path} holds no certificate`);
  return first;
};

/** A serial as it is, or that of a certificate file. */
export const serialOf = async (reference: string): Promise<string> =>
  looksLikeSerial(reference) ? normalSerial(reference) : certificateFacts(await readCertificateFile(reference)).serial;
