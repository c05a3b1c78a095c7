import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StandaloneProcess } from '@cartulary/testing';
import { ClientLog, countBy } from './client-log.js';
import { collectAtRest, issuersOf, operatorTls } from './collect.js';
import { oneEndpoint } from './endpoints.js';
import type { Evidence } from './evidence.js';
import { LoadClient } from './load.js';
import { PersistentClient } from './persistent-client.js';
import type { Random } from './random.js';
import { RelyingParty, Watch } from './relying-party.js';

export interface KillRun {
  readonly kills: number;
  readonly clients: number;
  readonly random: Random;
  /** SIGKILL for the service and whatever is to die with it, at once; resolves when they are gone. */
  kill(): Promise<void>;
  ownerUrl(): string;
}

export interface KillFigures {
  readonly commands: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly acknowledged: Readonly<Record<string, number>>;
  readonly retried: number;
  readonly refusals: Readonly<Record<string, number>>;
  /** Milliseconds from each kill to the first acknowledgement of a command sent after it. */
  readonly recovery: readonly number[];
  readonly events: number;
  readonly ocspSeen: number;
  readonly crlsSeen: number;
  readonly silent: number;
}

const PATIENCE_MS = 60_000;

/** One kill in five falls into a start, at any moment of it; the service is started again and again until it is up. */
const startAgain = async (service: StandaloneProcess, run: KillRun): Promise<void> => {
  if (run.random.next() < 0.2) {
    const starting = service.restart().catch(() => undefined);
    await Promise.race([sleep(run.random.between(50, 2_000)), starting]);
    await run.kill();
    await starting;
  }
  await service.restart();
};

/** Runs the load through the kills, and gathers what is left when it has come to rest. */
export const runKills = async (
  service: StandaloneProcess,
  run: KillRun,
): Promise<Evidence & { figures: KillFigures }> => {
  const path = join(service.dataDirectory, 'clients.log');
  const log = new ClientLog(path);
  const [issuer] = [...(await issuersOf(service)).values()].filter(({ purpose }) => purpose === 'workload');
  const party = new RelyingParty(service.publicUrl);
  const watch = new Watch(party, issuer!);
  const stop = new AbortController();
  const clients = Array.from({ length: run.clients }, (_, number) => {
    const random = run.random.fork(number);
    const options = { giveUp: 0.1, patienceMs: PATIENCE_MS };
    const client = new PersistentClient(oneEndpoint(service.restUrl, operatorTls(service)), log, random, options);
    const load = new LoadClient(number, client, random, (serial) => watch.add(serial));
    return { run: () => load.run(stop.signal), close: () => client.close() };
  });
  const watching = new AbortController();
  const running = Promise.all(clients.map((client) => client.run()));
  const watched = watch.run(watching.signal);
  const failed = Promise.all([running, watched]).then(() => undefined);
  const killedAt: number[] = [];
  const killAgain = async (): Promise<void> => {
    for (let kill = 0; kill < run.kills; kill++) {
      await sleep(run.random.between(0, 3_000));
      killedAt.push(Date.now());
      await run.kill();
      await startAgain(service, run);
    }
    await sleep(500);
  };
  try {
    await Promise.race([killAgain(), failed]);
  } finally {
    stop.abort();
  }
  await running;
  const atRest = await collectAtRest(service, run.ownerUrl());
  watching.abort();
  await watched;
  await Promise.all([party.close(), ...clients.map((client) => client.close())]);
  log.close();
  const evidence = { commands: ClientLog.read(path), ocspSeen: watch.ocspSeen, crlsSeen: watch.crlsSeen, ...atRest };
  return { ...evidence, figures: figuresOf(evidence, killedAt, watch.silent) };
};

const figuresOf = (
  { commands, facts, ocspSeen, crlsSeen }: Evidence,
  killedAt: readonly number[],
  silent: number,
): KillFigures => {
  const acknowledged = commands.filter(({ outcome }) => outcome === 'acknowledged');
  const recovery = killedAt.map((at) => {
    const answers = acknowledged.filter(({ sentAt, answeredAt }) => sentAt > at || answeredAt > at + 500);
    return Math.min(...answers.map(({ answeredAt }) => answeredAt)) - at;
  });
  return {
    commands: commands.length,
    outcomes: countBy(commands, ({ outcome }) => outcome),
    acknowledged: countBy(acknowledged, ({ action }) => action),
    retried: commands.filter(({ attempts }) => attempts > 1).length,
    refusals: countBy(
      commands.filter(({ outcome }) => outcome === 'refused'),
      ({ action, code = '' }) => `${action} ${code}`,
    ),
    recovery,
    events: facts.length,
    ocspSeen: ocspSeen.length,
    crlsSeen: crlsSeen.length,
    silent,
  };
};
