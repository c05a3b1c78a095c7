import { setTimeout as sleep } from 'node:timers/promises';
import {
  decideCutOff,
  decideSuccession,
  fold,
  identityDecider,
  identityStream,
  issuerDecider,
  type IssuerId,
  type IssuerRecord,
  issuerStream,
  keyDecider,
  type KeyHash,
  keyStream,
  parseIdentity,
  type Serial,
  type SpiffeId,
} from '@cartulary/domain';
import { decideOn, PostgresLedger } from '@cartulary/ledger';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { TestDomain, testCsr } from '@cartulary/service/testing';
import { certificateFacts, verifyCsr } from '@cartulary/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contextOf } from '../testing/issuance.fixture.spec.js';
import { Admission } from '../admit-requests/admission.js';
import { Certifier } from './certifier.js';
import { IssueCertificateCommand } from './command.js';
import { Proofs } from './proofs.js';
import { IssueCertificateHandler } from './handler.js';

type Round = (round: number) => Promise<unknown>;

const ROUNDS = 1_000;
const CHANGES = 20;
/** Rounds under way at once. */
const WIDTH = 20;
const at = '2026-03-01T12:00:00.000Z';

describe('two replicas on Postgres', () => {
  let database: TestDatabase;
  let domain: TestDomain<PostgresLedger>;
  let other: PostgresLedger;
  let issue: (csr: string, identity: string) => Promise<unknown>;
  beforeAll(async () => {
    database = await createTestDatabase();
    domain = await TestDomain.create({ ledger: new PostgresLedger({ url: database.serviceUrl }) });
    other = new PostgresLedger({ url: database.serviceUrl });
    const { ledger, signer, issuers, settings, clock } = domain;
    const certifier = new Certifier(ledger, signer, issuers, settings, clock);
    const handler = new IssueCertificateHandler(
      certifier,
      ledger,
      issuers,
      settings,
      clock,
      new Admission(),
      new Proofs(),
    );
    issue = (csr, identity) => handler.execute(new IssueCertificateCommand({ csr, identity }, contextOf()));
  });
  afterAll(async () => {
    await domain.ledger.close();
    await other.close();
    await database.drop();
  });

  /**
   * One issuance against one refusal on the other replica, at a moment so chosen that each wins about half the time:
   * whoever comes second must have seen the first.
   */
  const race = async (code: string, refuse: Round, ask: Round) => {
    const outcomes = { issued: 0, refused: 0 };
    let window = 10;
    const rounds = Array.from({ length: ROUNDS }, (_, round) => round).values();
    const worker = async (): Promise<void> => {
      for (const round of rounds) {
        const [issued] = await Promise.allSettled([
          ask(round),
          sleep(Math.random() * window).then(() => refuse(round)),
        ]);
        window *= issued.status === 'fulfilled' ? 0.97 : 1.03;
        if (issued.status === 'fulfilled') outcomes.issued++;
        else {
          expect(issued.reason).toMatchObject({ code });
          outcomes.refused++;
        }
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, worker));
    return outcomes;
  };
  const decide = (stream: string, decision: Parameters<typeof decideOn>[2]) =>
    decideOn(
      other,
      { streams: [stream], ...{ actor: { id: 'x', credential: 'x' }, correlationId: 'x', recordedAt: at } },
      decision,
    );

  it(`let no certificate through behind a suspension, ${ROUNDS} times`, async () => {
    const { csr } = await testCsr();
    const identity = (round: number) => `spiffe://cluster.local/ns/race/sa/n${round}` as SpiffeId;
    await Promise.all(
      Array.from({ length: ROUNDS }, (_, round) => {
        const data = { identity: identity(round), registeredAt: at };
        return domain.append(identityStream(identity(round)), { type: 'IdentityRegistered', data });
      }),
    );
    const suspend = (round: number) => {
      const stream = identityStream(identity(round));
      return decide(stream, (histories) => {
        const state = fold(identityDecider, histories.get(stream)?.events ?? []);
        const events = identityDecider.decide(
          { type: 'SuspendIdentity', identity: identity(round), now: at as never },
          state,
        );
        return { events: events.map((event) => ({ stream, ...event })), result: undefined };
      });
    };
    const outcomes = await race('IDENTITY_SUSPENDED', suspend, (round) => issue(csr, identity(round)));
    const suspendedAt = new Map<string, number>();
    const late: string[] = [];
    let certificates = 0;
    for (let after = 0; ;) {
      const events = await other.readAll({ after, limit: 1_000 });
      for (const { type, data, position } of events) {
        const id = data['identity'] as string;
        if (type === 'IdentitySuspended') suspendedAt.set(id, position);
        if (type !== 'CertificateIssued') continue;
        certificates++;
        if (suspendedAt.has(id)) late.push(id);
      }
      const last = events.at(-1);
      if (!last) break;
      after = last.position;
    }
    expect(late).toEqual([]);
    expect(suspendedAt.size).toBe(ROUNDS);
    expect(certificates).toBe(outcomes.issued);
    // Both must have won now and then, else nothing was tried.
    expect(Math.min(outcomes.issued, outcomes.refused)).toBeGreaterThan(ROUNDS / 50);
  });

  it(`let no certificate through behind a blocked key, ${ROUNDS} times`, async () => {
    const identity = 'spiffe://cluster.local/ns/race/sa/keys';
    const requests = await Promise.all(
      Array.from({ length: ROUNDS }, async () => {
        const { csr } = await testCsr();
        return { csr, keyHash: (await verifyCsr(csr)).keyHash as KeyHash };
      }),
    );
    await issue((await testCsr()).csr, identity);
    const { position: before } = await other.head();
    const block = (round: number) => {
      const { keyHash } = requests[round]!;
      const stream = keyStream(keyHash);
      return decide(stream, (histories) => {
        const command = { type: 'BlockKey', keyHash, reason: 'keyCompromise', now: at as never } as const;
        const events = keyDecider.decide(command, fold(keyDecider, histories.get(stream)?.events ?? []));
        return { events: events.map((event) => ({ stream, ...event })), result: undefined };
      });
    };
    const outcomes = await race('KEY_BLOCKED', block, (round) => issue(requests[round]!.csr, identity));
    const blocked = new Set<unknown>();
    const late: unknown[] = [];
    for (let after = before; ;) {
      const events = await other.readAll({ after, limit: 1_000 });
      for (const { type, data } of events) {
        if (type === 'KeyBlocked') blocked.add(data['keyHash']);
        if (type === 'CertificateIssued' && blocked.has(data['keyHash'])) late.push(data['serial']);
      }
      const last = events.at(-1);
      if (!last) break;
      after = last.position;
    }
    expect(late).toEqual([]);
    expect(blocked.size).toBe(ROUNDS);
    expect(Math.min(outcomes.issued, outcomes.refused)).toBeGreaterThan(ROUNDS / 50);
  });

  it(`let no certificate through behind an issuer that was cut off, ${ROUNDS} times`, async () => {
    const root = domain.issuer('root');
    const issuers: IssuerRecord[] = [];
    // The epochs of another trust domain's life, one for each round.
    for (let round = 0; round < ROUNDS; round++) issuers.push(await domain.addIssuer('workload', root, { epoch: 2 }));
    const { ledger, signer, issuers: directory, settings, clock } = domain;
    const certifier = new Certifier(ledger, signer, directory, settings, clock);
    const csr = await verifyCsr((await testCsr()).csr);
    const identity = parseIdentity('spiffe://cluster.local/ns/race/sa/epochs', 'cluster.local');
    const subject = { identity, dnsNames: [], ipAddresses: [] };
    const { position: before } = await other.head();
    const ask = (round: number) => {
      const issuer = directory.get(issuers[round]!.issuerId);
      return certifier.certify({ csr, subject, profile: 'workload', lifetime: 60, issuer }, contextOf());
    };
    const cutOff = (round: number) => {
      const { issuerId, certificate } = issuers[round]!;
      const stream = issuerStream(issuerId);
      const { serial } = certificateFacts(Buffer.from(certificate, 'base64'));
      return decide(stream, (histories) => {
        const issuer = fold(issuerDecider, histories.get(stream)?.events ?? []);
        const command = {
          issuer,
          issuerId,
          serial: serial as Serial,
          reason: 'cACompromise',
          now: at as never,
        } as const;
        const events = decideCutOff(command).map(({ stream: name, event }) => ({ stream: name, ...event }));
        return { events, result: undefined };
      });
    };
    const outcomes = await race('ISSUER_NOT_ACTIVE', cutOff, ask);
    const cut = new Set<unknown>();
    const late: unknown[] = [];
    let certificates = 0;
    for (let after = before; ;) {
      const events = await other.readAll({ after, limit: 1_000 });
      for (const { type, data } of events) {
        if (type === 'IssuerCompromised') cut.add(data['issuerId']);
        if (type !== 'CertificateIssued') continue;
        certificates++;
        if (cut.has(data['issuerId'])) late.push(data['serial']);
      }
      const last = events.at(-1);
      if (!last) break;
      after = last.position;
    }
    expect(late).toEqual([]);
    expect(cut.size).toBe(ROUNDS);
    expect(certificates).toBe(outcomes.issued);
    expect(Math.min(outcomes.issued, outcomes.refused)).toBeGreaterThan(ROUNDS / 50);
  });

  it('go on with the next epoch when theirs ends under way, and lose no request', async () => {
    const { csr } = await testCsr();
    const named = (turn: number) => `spiffe://cluster.local/ns/race/sa/change-${turn}`;
    const root = domain.issuer('root');
    let current = (await domain.addIssuer('workload', root, { epoch: 10 })).issuerId;
    const used = new Set<string>();
    for (let epoch = 11; epoch < 11 + CHANGES; epoch++) {
      const next = (await domain.addIssuer('workload', root, { epoch, active: false })).issuerId;
      const asked = Array.from({ length: WIDTH }, async (_, turn) => {
        await sleep(Math.random() * 20);
        return issue(csr, named(turn)) as Promise<{ issuerId: string }>;
      });
      await sleep(Math.random() * 20);
      // As rotation does it, in another process: this one's directory hears of it by a refusal only.
      await succeed(current, next);
      for (const { issuerId } of await Promise.all(asked)) used.add(issuerId);
      expect((await (issue(csr, named(0)) as Promise<{ issuerId: string }>)).issuerId).toBe(next);
      current = next;
    }
    expect(used.size).toBeGreaterThan(1);
  });

  const succeed = async (predecessor: IssuerId, successor: IssuerId): Promise<void> => {
    const streams = [issuerStream(predecessor), issuerStream(successor)] as const;
    const context = { actor: { id: 'x', credential: 'x' }, correlationId: 'x', recordedAt: at };
    await decideOn(other, { ...context, streams: [...streams], attempts: 50 }, (histories) => {
      const [before, after] = streams.map((stream) => fold(issuerDecider, histories.get(stream)?.events ?? []));
      const candidate = { issuer: after!, firstCrlAt: at as never };
      const decided = decideSuccession({ candidate, predecessor: before!, lead: 0, now: at as never });
      return { events: decided.map(({ stream, event }) => ({ stream, ...event })), result: undefined };
    });
  };
});
