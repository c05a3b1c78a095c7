import { EncodingError } from '../errors.js';

export type PemLabel =
  'CERTIFICATE' | 'CERTIFICATE REQUEST' | 'NEW CERTIFICATE REQUEST' | 'PRIVATE KEY' | 'PUBLIC KEY' | 'X509 CRL';

const refuse = (message: string): EncodingError => new EncodingError('PEM_MALFORMED', message);

export const derToPem = (der: Buffer, label: PemLabel): string => base64ToPem(der.toString('base64'), label);

/** Of a DER that is base64 already. */
export const base64ToPem = (base64: string, label: PemLabel): string => {
  let pem = `-----BEGIN ${label}-----\n`;
  for (let at = 0; at < base64.length; at += 64) pem += `${base64.slice(at, at + 64)}\n`;
  return `${pem}-----END ${label}-----\n`;
};

const decodeBody = (body: string): Buffer => {
  const text = body.replace(/[\r\n\t ]/g, '');
  const bytes = Buffer.from(text, 'base64');
  // Node skips what is not base64: only a round trip shows that there was nothing else, and no stray bits at the end.
  if (text === '' || bytes.toString('base64') !== text) throw refuse('the block is not base64');
  return bytes;
};

/** Blocks with nothing but white space between them (RFC 7468's strict form, any line length). */
const blocks = (pem: string, labels: readonly PemLabel[]): Buffer[] => {
  const found: Buffer[] = [];
  let rest = pem.trimStart();
  while (rest !== '') {
    const label = labels.find((each) => rest.startsWith(`-----BEGIN ${each}-----`));
    if (!label) throw refuse(`there is something other than a ${labels[0]} block`);
    const start = `-----BEGIN ${label}-----`.length;
    const end = rest.indexOf('-----', start);
    const closing = `-----END ${label}-----`;
    if (end < 0 || !rest.startsWith(closing, end)) throw refuse('a block has no matching end');
    found.push(decodeBody(rest.slice(start, end)));
    rest = rest.slice(end + closing.length).trimStart();
  }
  return found;
};

/** Exactly one block with one of the labels. Throws PEM_MALFORMED, never quoting the input. */
export const pemToDer = (pem: string, ...labels: readonly PemLabel[]): Buffer => {
  const [first, ...others] = blocks(pem, labels);
  if (!first || others.length > 0) throw refuse(`not exactly one ${labels[0]} block`);
  return first;
};

/** One certificate or more, in order. Throws PEM_MALFORMED. */
export const pemChainToDer = (pem: string): Buffer[] => {
  const chain = blocks(pem, ['CERTIFICATE']);
  if (chain.length === 0) throw refuse('no CERTIFICATE block');
  return chain;
};

export const derChainToPem = (chain: readonly Buffer[]): string =>
  chain.map((certificate) => derToPem(certificate, 'CERTIFICATE')).join('');
