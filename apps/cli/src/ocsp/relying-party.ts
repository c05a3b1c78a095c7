import { randomBytes } from 'node:crypto';
import { buildOcspRequest, type OcspStatus, parseOcspResponse, verifyOcspResponse } from '@cartulary/x509';
import { CliError } from '../exit-codes.js';

/** DER in, DER out. */
export type AskResponder = (request: Buffer) => Promise<Buffer>;

export interface OcspAnswer {
  readonly serial: string;
  readonly status: OcspStatus;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
}

/** Asks with a nonce and believes only what the issuer's responder signed. */
export const askOcsp = async (
  serial: string,
  issuerCertificate: Buffer,
  ask: AskResponder,
  now: Date,
): Promise<OcspAnswer> => {
  const nonce = randomBytes(16);
  const response = await ask(buildOcspRequest(issuerCertificate, [serial], { nonce }));
  const parsed = parseOcspResponse(response);
  if (parsed.status !== 'successful') {
    const outcome = parsed.status === 'tryLater' ? 'unavailable' : 'refused';
    throw new CliError(outcome, `the responder does not answer: ${parsed.status}`);
  }
  const { responses } = verifyOcspResponse({ response, issuerCertificate, now, nonce, serials: [serial] });
  const single = responses.find(({ certId }) => certId.serial === serial);
  if (!single) throw new CliError('refused', 'the responder answers for another certificate');
  const { status, thisUpdate, nextUpdate } = single;
  return { serial, status, thisUpdate, ...(nextUpdate ? { nextUpdate } : {}) };
};
