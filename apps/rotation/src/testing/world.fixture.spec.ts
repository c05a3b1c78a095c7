import { createHash } from 'node:crypto';
import type { Caller } from '@cartulary/access';
import {
  certificateStream,
  type DomainEvent,
  dueRotation,
  type IssuedCertificate,
  type IssuerId,
  type OrderedSelector,
  parseIdentity,
  parseKeyHash,
  parseRotationId,
  parseSerial,
  type Role,
  rotationStream,
  type Serial,
  timestamp,
} from '@cartulary/domain';
import { PostgresLedger, ProjectionDatabase, type RecordedEvent } from '@cartulary/ledger';
import { createTestDatabase } from '@cartulary/ledger/testing';
import { FixedClock, Metrics } from '@cartulary/runtime';
import { projectedTypes, RotationProjector } from '../schedule-renewals/projector.js';
import { RenewalScheduler } from '../schedule-renewals/scheduler.js';
import { RotationTables } from '../schedule-renewals/tables.js';

export const NOON = '2026-11-22T12:00:00.000Z';
export const MINUTE = 60_000;
/** Minutes after noon. */
export const at = (minute: number) => timestamp(new Date(Date.parse(NOON) + minute * MINUTE));
export const workload = (namespace: string, account = 'cart') =>
  parseIdentity(`spiffe://cluster.local/ns/${namespace}/sa/${account}`, 'cluster.local').id;
export const serialOf = (n: number) =>
  parseSerial(`01${createHash('sha256').update(String(n)).digest('hex').slice(0, 32)}`);
export const issuerId = '0123456789abcdef' as IssuerId;
export const rotationIdOf = (n: number) => parseRotationId(String(n).padStart(12, 'r'));

export const callerOf = (role: Role, namespaces?: readonly string[], name: string = role): Caller => ({
  kind: 'token',
  actor: { id: `token/${name}`, credential: 'token:abcdef012345' },
  grant: { role, ...(namespaces ? { namespaces } : {}) },
});

export type StreamEvent = DomainEvent & { readonly stream: string };

/** A workload's certificate, good from noon for 100 minutes, its window from minute 60 to 70, unless said otherwise. */
export const issued = (n: number, over: Partial<IssuedCertificate> = {}): StreamEvent => ({
  stream: certificateStream(serialOf(n)),
  type: 'CertificateIssued',
  data: {
    serial: serialOf(n),
    issuerId,
    profile: 'workload',
    identity: workload('shop'),
    keyHash: parseKeyHash(createHash('sha256').update(`key ${n}`).digest('hex')),
    keyAlgorithm: 'ecdsa-p256',
    notBefore: at(-5),
    notAfter: at(100),
    certificate: 'MAA=',
    renewalWindow: { start: at(60), end: at(70) },
    evidence: { csrHash: 'cc'.repeat(32), policyVersion: '1', requester: 'token/ci', credential: 'token:a' },
    ...over,
  },
});
const named = (n: number) => ({ serial: serialOf(n), issuerId, notAfter: at(100) });
export const revoked = (n: number): StreamEvent => ({
  stream: certificateStream(serialOf(n)),
  type: 'CertificateRevoked',
  data: { ...named(n), reason: 'superseded', revokedAt: at(1) },
});
/** In one append, as issuance does it. */
export const renewed = (n: number, by: number, over: Partial<IssuedCertificate> = {}): readonly StreamEvent[] => [
  {
    stream: certificateStream(serialOf(n)),
    type: 'CertificateRenewed',
    data: { serial: serialOf(n), successor: serialOf(by), renewedAt: at(1) },
  },
  issued(by, { predecessor: serialOf(n), ...over }),
];
export const ordered = (n: number, selector: OrderedSelector, minutes = 10): StreamEvent => ({
  stream: rotationStream(rotationIdOf(n)),
  type: 'RotationOrdered',
  data: { rotationId: rotationIdOf(n), selector, window: { start: at(0), end: at(minutes) }, orderedAt: at(0) },
});

/** A ledger and the service's projection in a database of their own; nothing happens unasked. */
export const openWorld = async () => {
  const database = await createTestDatabase();
  const ledger = new PostgresLedger({ url: database.serviceUrl });
  const db = new ProjectionDatabase(database.serviceUrl);
  const tables = new RotationTables(db);
  const projector = new RotationProjector(tables);
  const clock = new FixedClock(NOON);
  const newScheduler = (of: PostgresLedger = ledger) =>
    new RenewalScheduler(tables, of, clock, new Metrics({ process: false }));

  const append = async (...events: readonly StreamEvent[]): Promise<readonly RecordedEvent[]> => {
    const streams = [...new Set(events.map(({ stream }) => stream))];
    const heads = await ledger.heads(streams);
    const appended = await ledger.append({
      expectations: streams.map((stream) => ({ stream, version: heads.get(stream) ?? 0 })),
      events: events.map(({ stream, type, data }) => ({ stream, type, data: data as object })),
      actor: callerOf('operator').actor,
      correlationId: 'test',
      recordedAt: timestamp(clock.now()),
    });
    return appended.events;
  };
  const eventsAfter = (after: number) => ledger.readAll({ after, limit: 1_000, types: projectedTypes });
  /** Brings everything that is in the ledger into the projection. */
  const project = async (): Promise<void> => {
    for (let after = (await tables.known()).position; ;) {
      const events = await eventsAfter(after);
      const last = events.at(-1);
      if (!last) return;
      await projector.handle(events);
      after = last.position;
    }
  };
  const rotationEvents = async (stream: string): Promise<RecordedEvent[]> =>
    ledger.readAll({ after: 0, limit: 1_000, stream });
  /** Serials that orders by window have named, in their order. */
  const orderedDue = async (): Promise<Serial[]> =>
    (await rotationEvents(rotationStream(dueRotation))).flatMap(
      ({ data }) => (data['selector'] as { serials: Serial[] }).serials,
    );
  const close = async (): Promise<void> => {
    await ledger.close();
    await db.close();
    await database.drop();
  };
  return {
    ...{ append, project, orderedDue, rotationEvents, newScheduler, close },
    ...{ ledger, db, tables, projector, clock, scheduler: newScheduler() },
    ownerDatabase: () => new ProjectionDatabase(database.ownerUrl),
  };
};

export type World = Awaited<ReturnType<typeof openWorld>>;
