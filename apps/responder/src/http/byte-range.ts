/** First and last octet, both included; 'unsatisfiable': there is nothing there. */
export type ByteRange = { readonly first: number; readonly last: number } | 'unsatisfiable';

interface Asked {
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

const single = /^bytes=(\d{0,15})-(\d{0,15})$/i;

/**
 * RFC 9110, sections 13.1.5 and 14.2: one range of octets of a body of this length. Undefined: all of it, also where
 * several ranges are asked for, which nobody needs, or where If-Range names another body or a date, since two CRLs may
 * have the same.
 */
export const byteRangeOf = ({ range, ifRange }: Asked, length: number, etag: unknown): ByteRange | undefined => {
  const [matched, from = '', to = ''] = single.exec(range?.replace(/\s/g, '') ?? '') ?? [];
  if (matched === undefined || (from === '' && to === '')) return undefined;
  if (ifRange !== undefined && ifRange.trim() !== etag) return undefined;
  if (from === '') {
    const suffix = Math.min(Number(to), length);
    return suffix === 0 ? 'unsatisfiable' : { first: length - suffix, last: length - 1 };
  }
  const [first, last] = [Number(from), to === '' ? length - 1 : Math.min(Number(to), length - 1)];
  // Section 14.1.1: a range that ends before it begins is invalid, and passed over.
  if (to !== '' && Number(to) < first) return undefined;
  return first >= length ? 'unsatisfiable' : { first, last };
};
