import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from '@cartulary/access';
import {
  type CertificateIssued,
  gateStream,
  type IncidentSelector,
  isHit,
  type Selectable,
  selectableOf,
  type Serial,
  type Timestamp,
  timestamp,
} from '@cartulary/domain';
import { decideOn, PostgresLedger, type RecordedEvent } from '@cartulary/ledger';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { TestDomain, testCsr } from '@cartulary/service/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callerOf, contextOf } from '../testing/issuance.fixture.spec.js';
import { RenewCertificateCommand } from '../renew-certificate/command.js';
import { RenewCertificateHandler } from '../renew-certificate/handler.js';
import { Admission } from '../admit-requests/admission.js';
import { Certifier } from './certifier.js';
import { IssueCertificateCommand } from './command.js';
import { IssueCertificateHandler } from './handler.js';
import { Proofs } from './proofs.js';

const CLIENTS = 12;
const identity = (name: string) => `spiffe://cluster.local/ns/${name}/sa/cart`;

interface Stored extends Selectable {
  readonly position: number;
  readonly parents: readonly string[];
}

describe('an incident that is declared into a storm of issuances and renewals', () => {
  let database: TestDatabase;
  let domain: TestDomain<PostgresLedger>;
  let replicas: { issue: IssueCertificateHandler; renew: RenewCertificateHandler }[];
  let other: PostgresLedger;
  const proofs = new Proofs();
  beforeAll(async () => {
    database = await createTestDatabase();
    other = new PostgresLedger({ url: database.serviceUrl });
    domain = await TestDomain.create({ ledger: new PostgresLedger({ url: database.serviceUrl }) });
    const { signer, issuers, settings, clock } = domain;
    replicas = [domain.ledger, other].map((ledger) => {
      const certifier = new Certifier(ledger, signer, issuers, settings, clock);
      return {
        issue: new IssueCertificateHandler(certifier, ledger, issuers, settings, clock, new Admission(), proofs),
        renew: new RenewCertificateHandler(certifier, ledger, issuers, settings, clock, new Admission(), proofs),
      };
    });
  });
  afterAll(async () => {
    await domain.ledger.close();
    await other.close();
    await database.drop();
  });

  const by = (serial: string): Caller => ({
    ...callerOf('admin'),
    actor: { id: 'somebody', credential: `certificate:${serial}` },
  });

  /** Each client issues by what it got last, or renews it, in one of two namespaces; ends with the signal. */
  const client = async (number: number, first: string, csrs: readonly string[], signal: AbortSignal) => {
    let serial = first;
    let [granted, refused] = [0, 0];
    for (let round = 0; !signal.aborted; round++) {
      const { issue, renew } = replicas[(number + round) % replicas.length]!;
      const context = contextOf(round % 3 === 2 ? callerOf('admin') : by(serial));
      const csr = csrs[round % csrs.length]!;
      try {
        const namespace = round % 2 === 0 ? 'storm' : 'calm';
        const certificate =
          round % 5 === 4
            ? await renew.execute(new RenewCertificateCommand(serial as Serial, { csr }, context))
            : await issue.execute(new IssueCertificateCommand({ csr, identity: identity(namespace) }, context));
        serial = certificate.serial;
        granted++;
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^(INCIDENT_GATE_CLOSED|RENEWAL_|LEDGER_)/) });
        // Cut off: begins anew with what it had first, which may be hit as well.
        serial = first;
        refused++;
      }
    }
    return { granted, refused };
  };

  const declare = async (incidentId: string, selector: IncidentSelector): Promise<number> => {
    const stream = gateStream();
    const actor = { id: 'x', credential: 'x' };
    const context = { streams: [stream], actor, correlationId: 'x', recordedAt: timestamp(domain.clock.now()) };
    const data = { incidentId, selector, reissueFirst: false, closedAt: context.recordedAt };
    const { events } = await decideOn(other, context, () => ({
      events: [{ stream, type: 'GateClosed', data }],
      result: undefined,
    }));
    return events[0]!.position;
  };

  const everything = async (): Promise<Stored[]> => {
    const all: RecordedEvent[] = [];
    for (;;) {
      const events = await other.readAll({ after: all.at(-1)?.position ?? 0, limit: 1_000 });
      all.push(...events);
      if (events.length < 1_000) break;
    }
    return all
      .filter(({ type }) => type === 'CertificateIssued')
      .map(({ data, recordedAt, position }) => {
        const issued = data as unknown as CertificateIssued['data'];
        const parents = [issued.evidence.credential, `certificate:${issued.predecessor ?? ''}`];
        return { ...selectableOf(issued, recordedAt as Timestamp), position, parents };
      });
  };

  /** What the selector means among what came before the gate, and all that descends from it: in the order of positions. */
  const hitBefore = (gate: number, selector: IncidentSelector, certificates: readonly Stored[]): Set<string> => {
    const hit = new Set<string>();
    for (const one of certificates) {
      const meant = one.position < gate && isHit(selector, one);
      if (meant || one.parents.some((parent) => hit.has(parent))) hit.add(`certificate:${one.serial}`);
    }
    return hit;
  };

  it('lets nothing past its gate', { timeout: 240_000 }, async () => {
    const csrs = await Promise.all(Array.from({ length: 16 }, async () => (await testCsr()).csr));
    const firsts = await Promise.all(
      Array.from({ length: CLIENTS }, (_, n) => {
        const request = { csr: csrs[n % csrs.length]!, identity: identity(n % 2 === 0 ? 'storm' : 'calm') };
        return replicas[0]!.issue.execute(new IssueCertificateCommand(request, contextOf()));
      }),
    );
    const stop = new AbortController();
    const clients = firsts.map(({ serial }, number) => client(number, serial, csrs, stop.signal));
    const enough = async (more: number): Promise<void> => {
      const { position } = await other.head();
      while ((await other.head()).position < position + more) await sleep(5);
    };
    await enough(200);
    const [byIdentity, bySerial]: IncidentSelector[] = [
      { namespace: 'storm' },
      { serials: [firsts[1]!.serial as Serial] },
    ];
    const first = await declare('i00000000001', bySerial!);
    await enough(40);
    const second = await declare('i00000000002', byIdentity!);
    // What is not hit goes on.
    await enough(40);
    stop.abort();
    const outcomes = await Promise.all(clients);
    const certificates = await everything();
    for (const [gate, selector] of [
      [first, bySerial!],
      [second, byIdentity!],
    ] as const) {
      const hit = hitBefore(gate, selector, certificates);
      const late = certificates.filter(
        (one) => one.position > gate && (isHit(selector, one) || hit.has(`certificate:${one.serial}`)),
      );
      expect(late).toEqual([]);
      expect(hit.size).toBeGreaterThan(0);
    }
    expect(certificates.some(({ position }) => position > second)).toBe(true);
    expect(outcomes.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(0);
  });
});
