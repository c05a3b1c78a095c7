import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SystemClock } from '@cartulary/runtime';
import type { ServiceRules } from '../mesh/service-rules.js';
import { FakeAuthority, TestAgent } from '../testing/index.js';
import { TrustStore } from '../trust/trust-store.js';
import { ServiceRulesStore } from './service-rules-store.js';

const rule: ServiceRules = {
  ...{ service: 'backend.photo', runs: ['spiffe://cluster.local/ns/photo/sa/backend'], callers: [] },
  ...{ mode: 'permissive', enforced: true },
};
const nothing = { position: 1, complete: true, crls: [], endedIssuers: [], rotations: [], revocations: [] };

let directory: string;
let authority: FakeAuthority;
let agent: TestAgent;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'agent-rules-'));
  authority = await FakeAuthority.create(new SystemClock());
});
afterEach(async () => {
  await agent?.stop();
  await rm(directory, { recursive: true, force: true });
});

const rules = () => agent.running.app.get(ServiceRulesStore).all;
const told = (expected: readonly ServiceRules[]) => vi.waitFor(() => expect(rules()).toEqual(expected), 15_000);

it('an agent keeps the rules that it was told last, also through a start while the CA is away', async () => {
  agent = await TestAgent.start({ directory, authority });
  await vi.waitFor(() => expect(agent.running.app.get(TrustStore).state).toBeDefined(), 15_000);
  authority.tell({ ...nothing, services: [rule] });
  await told([rule]);
  // What says nothing of services changes nothing of them.
  authority.tell(nothing);
  await told([rule]);
  await agent.stop();

  authority.goAway();
  agent = await TestAgent.start({ directory, authority });
  await told([rule]);
  authority.comeBack();
  await vi.waitFor(() => {
    authority.tell({ ...nothing, services: [] });
    expect(rules()).toEqual([]);
  }, 15_000);
});
