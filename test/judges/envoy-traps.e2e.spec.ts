import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '@cartulary/testing';
import { derToPem } from '@cartulary/x509';
import { ForgingSigner } from '@cartulary/x509/testing';
import { agentRefusals } from '../support/traps/agent-refusals.js';
import type { Listener } from '../support/traps/envoy-listeners.js';
import { keptTraps, renderTraps, type Seen } from '../support/traps/page.js';
import { PaperCa } from '../support/traps/paper-ca.js';
import { type Situation, situations as makeSituations } from '../support/traps/situations.js';
import { TrapEnvoy } from '../support/traps/trap-envoy.js';

const { root, server, authorities, situations } = await makeSituations();
const REVOKED = 'depth 0: certificate revoked';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'envoy-traps-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('a listener of an Envoy, given', () => {
  let envoy: TrapEnvoy;
  const listeners = new Map<Situation, Listener>();
  const seen = new Map<Situation, Seen[]>();

  beforeAll(async () => {
    const [adminPort, readyPort, ...ports] = (await freePorts(situations.length + 2)) as [number, number, ...number[]];
    situations.forEach((situation, index) => listeners.set(situation, { name: `trap${index}`, port: ports[index]! }));
    const withTrust = [...listeners].map(([{ before, trust }, listener]) => ({ ...listener, trust: before ?? trust }));
    envoy = await TrapEnvoy.start(directory, withTrust, { server, root, adminPort, readyPort });
  });
  afterAll(() => envoy?.close());

  it.each(situations.map((situation) => ({ situation, title: `${situation.topic}: ${situation.given}` })))(
    '$title',
    async ({ situation }) => {
      const { before, trust, ending, rejected, visits } = situation;
      const listener = listeners.get(situation)!;
      const [{ holder: first }] = visits as [Situation['visits'][number]];
      const expected = visits.map(({ verdict }) => verdict);
      const all = [...expected];
      if (before) {
        all.push(REVOKED);
        expect(await envoy.visit(listener, first)).toBe(REVOKED);
        expect(await envoy.push(listener, trust)).toBe(rejected ? 'rejected' : 'taken');
      }
      if (ending) {
        all.push('accepts');
        const nextUpdate = new Date(Date.now() + 4_000);
        expect(await envoy.push(listener, await ending(nextUpdate))).toBe('taken');
        expect(await envoy.visit(listener, first)).toBe('accepts');
        // It is good in the whole of its last second.
        await sleep(nextUpdate.getTime() + 1_000 - Date.now());
      }
      const verdicts: string[] = [];
      for (const { holder } of visits) verdicts.push(await envoy.visit(listener, holder));
      expect(verdicts).toEqual(expected);
      const handshakes = all.filter((verdict) => verdict === 'accepts').length;
      const counted = { handshakes, unverified: all.length - handshakes, errors: 0, rejected: rejected ? 1 : 0 };
      expect(await envoy.counted(listener)).toEqual(counted);
      seen.set(
        situation,
        visits.map(({ client }, index) => ({ client, verdict: verdicts[index]! })),
      );
    },
  );

  it.each(situations)('is not what the agent gives it, where it says so: $given', ({ agent, trust, before }) => {
    const codes = [...agent.matchAll(/`((?:CRL|BUNDLE)_\w+)`/g)].map(([, code]) => code);
    // All CRLs of before have the number 10.
    const previous = before ? [10n] : [];
    expect(agentRefusals(trust, authorities, ...previous)).toEqual(codes);
  });

  it('is what docs/envoy-crls.md says', async () => {
    expect(seen.size).toBe(situations.length);
    const rendered = renderTraps(seen);
    expect(await keptTraps(rendered)).toBe(rendered.trimEnd());
  });
});

describe('a CRL of 1 MB in secrets of their own', () => {
  it('costs about 4 times its size for each, where one secret for all is 1.35', async () => {
    const ca = await PaperCa.root(new ForgingSigner(), 'Large');
    const issuer = await ca.below('Large issuer', 'issuer');
    const holder = await issuer.holder('back');
    const revoked = Array.from({ length: 20_500 }, (_, index) => `01${index.toString(16).padStart(30, '0')}`);
    const der = await issuer.crl({ revoked });
    expect(der.length).toBeGreaterThan(1_000_000);
    const crl = Buffer.from([await ca.crl(), der].map((each) => derToPem(each, 'X509 CRL')).join(''));
    const allocated: number[] = [];
    for (const count of [1, 6]) {
      const [adminPort, readyPort, ...ports] = (await freePorts(count + 2)) as [number, number, ...number[]];
      const trust = { anchors: ca.pem, crl };
      const listeners = ports.map((port, index) => ({ name: `large${count}-${index}`, port, trust }));
      const envoy = await TrapEnvoy.start(directory, listeners, { server: holder, root: ca.pem, adminPort, readyPort });
      try {
        for (const listener of listeners) expect(await envoy.visit(listener, holder)).toBe('accepts');
        allocated.push((await envoy.memory()).allocated);
      } finally {
        await envoy.close();
      }
    }
    const each = (allocated[1]! - allocated[0]!) / 5 / (der.length / 1e6);
    console.log(`a secret more with a CRL of ${(der.length / 1e6).toFixed(2)} MB: ${each.toFixed(2)} × its size`);
    expect(each).toBeGreaterThan(3);
    expect(each).toBeLessThan(5.5);
  });
});
