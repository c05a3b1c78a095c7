import { SystemClock } from '@cartulary/runtime';
import { authorityContract, FakeAuthority } from '../testing/index.js';

authorityContract('FakeAuthority', async () => {
  const authority = await FakeAuthority.create(new SystemClock());
  return {
    authority,
    joinToken: (node) => Promise.resolve(authority.joinToken(node)),
    place: (_node, entitlements) => Promise.resolve(authority.place(entitlements)),
    revoke: (serial) => authority.revoke(serial),
    close: () => Promise.resolve(authority.close()),
  };
});
