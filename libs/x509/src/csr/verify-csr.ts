import { type CsrPolicy, type VerifiedCsr } from './verified-csr.js';

export const verifyCsr = async (_csr: string | Buffer, _policy: CsrPolicy = {}): Promise<VerifiedCsr> => {
  throw new Error('not written');
};
