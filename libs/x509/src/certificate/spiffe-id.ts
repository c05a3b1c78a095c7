import { SpiffeIdError } from '../errors.js';

export interface SpiffeId {
  readonly trustDomain: string;
  /** With its leading slash; empty for the trust domain's own id. */
  readonly path: string;
}

// DESIGN §11.15: an underscore breaks Java, an IPv4 address breaks Go's name constraints.
const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const trustDomainPattern = new RegExp(`^(?:${label}\\.)*${label}$`);

/** A lower-case DNS name of letters, digits, hyphens, dots, and not an address. */
export const isTrustDomain = (name: string): boolean =>
  name.length <= 253 && trustDomainPattern.test(name) && !/^(?:\d+|.*\.\d+)$/.test(name);

const isSegment = (segment: string): boolean =>
  /^[A-Za-z0-9._-]+$/.test(segment) && segment !== '.' && segment !== '..';

/**
 * SPIFFE-ID, section 2, and stricter: the trust domain is a DNS name. The character sets leave no room for a port, user
 * information, query, fragment or percent-encoding. Throws SPIFFE_ID_INVALID.
 */
export const parseSpiffeId = (id: string): SpiffeId => {
  if (id.length > 2048) throw new SpiffeIdError('a SPIFFE ID has at most 2048 bytes');
  if (!id.startsWith('spiffe://')) throw new SpiffeIdError('a SPIFFE ID begins with spiffe://');
  const [trustDomain = '', ...segments] = id.slice('spiffe://'.length).split('/');
  if (!isTrustDomain(trustDomain)) {
    throw new SpiffeIdError('the trust domain is not a DNS name in lower-case letters, digits, hyphens and dots');
  }
  if (!segments.every(isSegment)) {
    throw new SpiffeIdError('a path segment is empty, a dot segment or has characters beyond A-Z a-z 0-9 . _ -');
  }
  return { trustDomain, path: segments.map((segment) => `/${segment}`).join('') };
};
