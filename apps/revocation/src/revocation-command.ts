import type { RevocationRequest } from '@cartulary/contracts';
import { InvalidValueError, parseKeyHash, parseSerial, parseTimestamp } from '@cartulary/domain';
import { BlockKeyCommand } from './block-key/handler.js';
import type { RequestContext } from './context.js';
import { RevokeCertificateCommand } from './revoke-certificate/handler.js';

/** By serial: that certificate. By key hash: every certificate of the key, which is blocked for ever. */
export const revocationCommand = (
  { serial, keyHash, reason = 'unspecified', invalidityDate, comment }: RevocationRequest,
  context: RequestContext,
): RevokeCertificateCommand | BlockKeyCommand => {
  const details = {
    ...(invalidityDate === undefined ? {} : { invalidityDate: parseTimestamp(invalidityDate, 'invalidityDate') }),
    ...(comment === undefined ? {} : { comment }),
  };
  if (keyHash !== undefined) return new BlockKeyCommand(parseKeyHash(keyHash), reason, details, context);
  if (serial === undefined) throw new InvalidValueError('serial', 'give a serial or a keyHash');
  return new RevokeCertificateCommand(parseSerial(serial), reason, details, context);
};
