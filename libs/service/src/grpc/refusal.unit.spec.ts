import { status } from '@grpc/grpc-js';
import { grpcMetadata } from '@cartulary/contracts';
import { CertificateRevokedError, parseSerial } from '@cartulary/domain';
import { expect, it } from 'vitest';
import { problemTable } from '../problem-table.js';
import { GrpcEdgeError } from './errors.js';
import { refusalOf } from './refusal.js';

const of = (error: unknown) => refusalOf(error, problemTable, 'c-1');

it('is the row of the table, with our code and the correlation in the trailers', () => {
  const { status: refused, resolved } = of(new CertificateRevokedError(parseSerial('01aa')));
  expect(refused.code).toBe(status.FAILED_PRECONDITION);
  expect(refused.details).toContain('01aa');
  expect(refused.metadata.getMap()).toEqual({
    [grpcMetadata.code]: 'CERTIFICATE_REVOKED',
    [grpcMetadata.correlationId]: 'c-1',
  });
  expect(resolved.unexpected).toBe(false);
});
it('says when to try again', () => {
  const { status: refused } = of(new GrpcEdgeError('TOO_MANY_REQUESTS', 'too often', 12.3));
  expect(refused.code).toBe(status.RESOURCE_EXHAUSTED);
  expect(refused.metadata.get(grpcMetadata.retryAfter)).toEqual(['13']);
  expect(of(new GrpcEdgeError('UNAVAILABLE', 'stops')).status.metadata.get(grpcMetadata.retryAfter)).toEqual(['1000']);
});
it.each([new Error('secret'), 'secret', undefined, null])('keeps to itself what nobody foresaw: %s', (error) => {
  const { status: refused, resolved } = of(error);
  expect(refused).toMatchObject({ code: status.INTERNAL });
  expect(refused.details).not.toContain('secret');
  expect(resolved.unexpected).toBe(true);
});
it('fits a header whatever a caller has sent', () => {
  const error = Object.assign(new Error(`a\r\nb\0${'x'.repeat(9_000)}`), { code: 'INVALID_REQUEST' });
  const { details } = of(error).status;
  expect(details).toMatch(/^[\x20-\x7e]{1,512}$/);
});
