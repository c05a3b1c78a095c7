import type { OutgoingHttpHeaders } from 'node:http';
import { Octets } from '@cartulary/x509';
import type { ByteRange } from './byte-range.js';

/** What is counted: requests by what they were for. */
export type RequestKind = 'crl' | 'ocsp' | 'issuer' | 'bundle' | 'health' | 'other';

export interface Reply {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  /** In pieces: parts of it may be asked for. */
  readonly body: Buffer | Octets;
}

export interface Caching {
  /** Strong, with its quotes. */
  readonly etag: string;
  /** Seconds. */
  readonly maxAge: number;
  readonly lastModified?: Date;
  readonly expires?: Date;
}

const noStore = { 'Cache-Control': 'no-store' };

const plain = (status: number, text: string, headers: OutgoingHttpHeaders = {}): Reply => ({
  status,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', ...noStore, ...headers },
  body: Buffer.from(`${text}\n`),
});

export const ok = (): Reply => plain(200, 'ok');
export const notFound = (): Reply => plain(404, 'not found');
export const methodNotAllowed = (allow: string): Reply => plain(405, 'method not allowed', { Allow: allow });
export const tooLarge = (): Reply => plain(413, 'too large', { Connection: 'close' });
export const unsupportedMediaType = (type: string): Reply => plain(415, `expected ${type}`, { Connection: 'close' });
export const failed = (): Reply => plain(500, 'something went wrong on our side');
export const unavailable = (why: string): Reply => plain(503, why, { 'Retry-After': '1' });

export const document = <Body extends Buffer | Octets>(
  type: string,
  body: Body,
  caching?: Caching,
): Reply & { readonly body: Body } => ({
  status: 200,
  headers: {
    'Content-Type': type,
    ...(body instanceof Octets ? { 'Accept-Ranges': 'bytes' } : {}),
    ...(caching ? cachingHeaders(caching) : noStore),
  },
  body,
});

/** RFC 9110, sections 15.3.7 and 15.5.17. */
export const partial = ({ headers, body }: Reply, range: ByteRange): Reply =>
  range === 'unsatisfiable'
    ? plain(416, 'no such octets', { 'Content-Range': `bytes */${body.length}` })
    : {
        status: 206,
        headers: { ...headers, 'Content-Range': `bytes ${range.first}-${range.last}/${body.length}` },
        body,
      };

/** RFC 9110, section 13.1.2, with the weak comparison that it asks for. */
export const unchanged = ({ status, headers }: Reply, ifNoneMatch: string | undefined): boolean => {
  const etag = headers['ETag'];
  if (status !== 200 || ifNoneMatch === undefined || etag === undefined) return false;
  return ifNoneMatch.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);
};

const cachingHeaders = ({ etag, maxAge, lastModified, expires }: Caching): OutgoingHttpHeaders => ({
  ETag: etag,
  'Cache-Control': `max-age=${maxAge}, public, no-transform, must-revalidate`,
  ...(lastModified ? { 'Last-Modified': lastModified.toUTCString() } : {}),
  ...(expires ? { Expires: expires.toUTCString() } : {}),
});
