import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestAgent } from '@cartulary/agent/testing';
import { SpiffeClient, spiffeClients } from '../support/agent/spiffe-client.js';

const cart = 'spiffe://cluster.local/ns/shop/sa/cart';
const own = { uid: process.getuid!() };

describe.each(spiffeClients)('%s, unchanged', (name) => {
  let agent: TestAgent;
  let client: SpiffeClient | undefined;
  beforeEach(async () => {
    agent = await TestAgent.start();
    agent.authority.place([{ spiffeId: cart, selectors: [own], suspended: false }]);
  });
  afterEach(async () => {
    await client?.close();
    await agent.close();
  });

  it('gets its certificate and bundle, and sees the next after each rotation', async () => {
    client = SpiffeClient.start(name, agent.socket);
    let said = await client.next();
    expect(said).toMatchObject({ SpiffeId: cart, Chain: 3, Anchors: 1 });
    for (let round = 0; round < 3; round++) {
      const now = new Date();
      const order = {
        serials: [said.Serial.padStart(Math.ceil(said.Serial.length / 2) * 2, '0')],
        from: now,
        until: now,
      };
      const nothing = { crls: [], endedIssuers: [], revocations: [] };
      agent.authority.tell({ ...nothing, position: 1, complete: true, rotations: [order] });
      const next = await client.next();
      expect(next).toMatchObject({ SpiffeId: cart, Chain: 3, Anchors: 1 });
      expect(next.Serial).not.toBe(said.Serial);
      said = next;
    }
  });

  it('hears that nothing is registered for it', async () => {
    agent.authority.place([{ spiffeId: cart, selectors: [{ uid: own.uid + 1 }], suspended: false }]);
    client = SpiffeClient.start(name, agent.socket);
    const { Exception: exception = '' } = await client.next();
    expect(exception).toMatch(/no identity is registered for uid/);
  });
});
