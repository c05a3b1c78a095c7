import { SystemClock } from '@cartulary/runtime';
import { authorityContract, FakeAuthority } from '../testing/index.js';

authorityContract('FakeAuthority', async () => {
  const authority = await FakeAuthority.create(new SystemClock());
  return {
    authority,
    joinToken: (node) => Promise.resolve(authority.joinToken(node)),
    place: (node, entitlements) => Promise.resolve(node === 'node-1' ? authority.place(entitlements) : undefined),
    revoke: (serial) => authority.revoke(serial),
    close: () => Promise.resolve(authority.close()),
  };
});
