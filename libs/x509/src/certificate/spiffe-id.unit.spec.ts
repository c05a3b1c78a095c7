import { describe, expect, it } from 'vitest';
import { parseSpiffeId } from './spiffe-id.js';

describe('parseSpiffeId', () => {
  it.each([
    ['spiffe://cluster.local', 'cluster.local', ''],
    ['spiffe://cluster.local/ns/a/sa/b', 'cluster.local', '/ns/a/sa/b'],
    ['spiffe://a-1.b/A.z_-9/..a', 'a-1.b', '/A.z_-9/..a'],
  ])('reads %s', (id, trustDomain, path) => {
    expect(parseSpiffeId(id)).toEqual({ trustDomain, path });
  });

  it.each([
    '',
    'spiffe:',
    'spiffe://',
    'spiffe:///a',
    'SPIFFE://cluster.local/a',
    'https://cluster.local/a',
    'spiffe://Cluster.local/a',
    'spiffe://cluster_1/a',
    'spiffe://cluster.local./a',
    'spiffe://.cluster/a',
    'spiffe://-a/b',
    'spiffe://10.0.0.1/a',
    'spiffe://[::1]/a',
    'spiffe://cluster.local:80/a',
    'spiffe://cluster.local:80@evil.org/a',
    'spiffe://user@cluster.local/a',
    'spiffe://cluster.local/',
    'spiffe://cluster.local/a/',
    'spiffe://cluster.local//a',
    'spiffe://cluster.local/./a',
    'spiffe://cluster.local/../a',
    'spiffe://cluster.local/a?b',
    'spiffe://cluster.local/a#b',
    'spiffe://cluster.local/a%2fb',
    'spiffe://cluster.local/ä',
    'spiffe://cluster.local/a b',
    'spiffe://cluster.local/a\n',
    `spiffe://cluster.local/${'a'.repeat(2048)}`,
    `spiffe://${'a'.repeat(64)}/a`,
  ])('refuses "%.60s"', (id) => {
    expect(() => parseSpiffeId(id)).toThrow(expect.objectContaining({ code: 'SPIFFE_ID_INVALID' }));
  });
});
