import { afterAll, beforeAll } from 'vitest';
import { authorityContract, GrpcAuthority } from '@cartulary/agent/testing';
import { SystemClock } from '@cartulary/runtime';
import { ServiceWorld } from '../support/agent/service-world.js';

let world: ServiceWorld;
beforeAll(async () => {
  world = await ServiceWorld.start();
});
afterAll(() => world?.close());

authorityContract('GrpcAuthority, with the real service', async () => {
  const address = [world.grpcAddress];
  const options = { agentService: address, trustService: address, caFile: world.caFile };
  const authority = new GrpcAuthority(options, new SystemClock());
  await world.place('node-1', []);
  return {
    authority,
    joinToken: (node) => world.joinToken(node),
    place: (node, entitlements) => world.place(node, entitlements),
    revoke: (serial) => world.revoke(serial),
    close: () => Promise.resolve(authority.close()),
  };
});
