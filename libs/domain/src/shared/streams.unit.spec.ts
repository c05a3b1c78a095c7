import { expect, it } from 'vitest';
import { parseRotationId } from '../rotation/events.js';
import { identity, issuerId, keyHash, serial, tokenId } from '../testing/fixtures.js';
import * as streams from './streams.js';

// Names are kept for ever: an event that lies under one name is not found under another.
it('names each stream by aggregate and key', () => {
  expect(streams.certificateStream(serial)).toBe('certificate-01aa');
  expect(streams.identityStream(identity)).toBe('identity-spiffe://cluster.local/ns/shop/sa/cart');
  expect(streams.keyStream(keyHash)).toBe(`key-${'aa'.repeat(32)}`);
  expect(streams.issuerStream(issuerId)).toBe('issuer-0123456789abcdef');
  expect(streams.publicationStream(issuerId)).toBe('publication-0123456789abcdef');
  expect(streams.tokenStream(tokenId)).toBe('token-abcdef012345');
  expect(streams.rotationStream(parseRotationId('abcdef012345'))).toBe('rotation-abcdef012345');
  expect(streams.trustDomainStream('cluster.local')).toBe('trust-domain-cluster.local');
});
