import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { expect } from 'vitest';
import { ProjectionDatabase } from '@cartulary/ledger';
import { RotationDirectory } from '@cartulary/service';
import { LedgerTransport, PostgresConsumerStore, type Transport } from '@cartulary/transport';
import { ListCertificatesHandler, ListCertificatesQuery } from '../list-certificates/query.js';
import { ListIdentitiesHandler, ListIdentitiesQuery } from '../list-identities/query.js';
import { Moments } from '../paging/moment.js';
import { Build } from '../projection/build.js';
import { Bulk } from '../projection/bulk.js';
import { Comparisons } from '../projection/comparison.js';
import { Freshness } from '../projection/freshness.js';
import { GenerationKeeper } from '../projection/generation-keeper.js';
import { type GenerationRecord, Generations } from '../projection/generations.js';
import { Progress } from '../projection/progress.js';
import { Projector } from '../projection/projector.js';
import { Tables } from '../projection/tables.js';
import { RebuildProjectionCommand, RebuildProjectionHandler } from '../rebuild-projection/handler.js';
import { callerOf, settings, type World } from './world.fixture.spec.js';

// What builds say is for operators.
Logger.overrideLogger(false);

/** An inventory beside others on the same database: as a process has it, without HTTP. */
export const openReplica = (world: World, transport: Transport = ledgerTransport(world)) => {
  const db = new ProjectionDatabase(world.serviceUrl);
  const generations = new Generations(db);
  const progress = new Progress(generations);
  const projector = new Projector(world.ledger, new Tables(db), settings);
  const bulk = new Bulk(world.ledger, projector, generations);
  const build = new Build(generations, bulk, new Comparisons(db));
  const keeper = new GenerationKeeper(generations, transport, projector, progress, build);
  const freshness = new Freshness(world.ledger, progress);
  const moments = new Moments(world.ledger, freshness, world.clock);
  const certificates = new ListCertificatesHandler(moments, db, world.ledger, world.issuers, new RotationDirectory());
  const identities = new ListIdentitiesHandler(moments, db, settings);
  const rebuilding = new RebuildProjectionHandler(generations, keeper);
  const caller = callerOf('admin');
  return {
    bulk,
    generations,
    keeper,
    progress,
    list: (filter: ListCertificatesQuery['filter'] = {}) =>
      certificates.execute(new ListCertificatesQuery(filter, caller)),
    identities: (filter: ListIdentitiesQuery['filter'] = {}) =>
      identities.execute(new ListIdentitiesQuery(filter, caller)),
    rebuild: (key?: string, name = 'inventory') => {
      const idempotency = key === undefined ? {} : { idempotency: { scope: 'token:test', key, fingerprint: 'f' } };
      return rebuilding.execute(new RebuildProjectionCommand(name, { caller, ...idempotency }));
    },
    start: () => keeper.onApplicationBootstrap(),
    stop: async () => {
      await keeper.onApplicationShutdown();
      await transport.close();
      await db.close();
    },
  };
};

const ledgerTransport = (world: World): Transport =>
  new LedgerTransport(world.ledger, new PostgresConsumerStore({ url: world.serviceUrl, standbyInterval: 50 }));

/** What must come comes, however busy the machine is. */
export const until = async <T>(what: string, look: () => Promise<T | undefined | false>, seconds = 60): Promise<T> => {
  for (const start = performance.now(); performance.now() - start < seconds * 1_000;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await sleep(20);
  }
  return expect.fail(`${what} did not come in ${seconds} s`);
};

export const recordOf = async (generations: Generations, generation: number): Promise<GenerationRecord> => {
  const record = (await generations.records()).find((each) => each.generation === generation);
  return record ?? expect.fail(`no generation ${generation}`);
};
