import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientLog } from './client-log.js';
import { storiesOf } from './certificate-story.js';
import { checkGates } from './check-ledger.js';
import { answersAtRest, until } from './collect.js';
import { clusterEndpoints } from './endpoints.js';
import type { ClusterEvidence, ResponderEvidence } from './check-cluster.js';
import type { KafkaStage, Member } from './kafka-stage.js';
import { LoadClient, type LoadOptions } from './load.js';
import { PersistentClient } from './persistent-client.js';
import type { Random } from './random.js';
import { factOf, readEvents, readFacts } from './read-ledger.js';
import { relayState } from './relay-state.js';
import { RelyingParty, Watch } from './relying-party.js';
import { readTopics } from './topics/read-topics.js';

interface Watched {
  readonly name: string;
  readonly party: RelyingParty;
  readonly watch: Watch;
  readonly running: Promise<void>;
}

export interface ClusterLoad extends LoadOptions {
  readonly clients: number;
  /** Milliseconds after which a client turns to another replica. */
  readonly timeout?: number;
}

const PATIENCE_MS = 90_000;
const OCSP_PAUSE_MS = 20;

const failing = (running: Promise<unknown>): Promise<never> => new Promise((_, reject) => void running.catch(reject));

/** Clients and relying parties of one cluster, over all that is done to it; what they know adds up. */
export class ClusterRun {
  readonly #directory = mkdtempSync(join(tmpdir(), 'cartulary-clients-'));
  readonly #log = new ClientLog(join(this.#directory, 'clients.log'));
  readonly #watched: Watched[] = [];
  readonly #stopWatching = new AbortController();
  #clients = 0;

  constructor(
    private readonly stage: KafkaStage,
    private readonly random: Random,
  ) {
    for (const member of stage.cluster.members) if (member.service === 'responder') this.watch(member);
  }

  /** From now on, this responder is asked, too. */
  watch({ label: name, process }: Member): void {
    const party = new RelyingParty(process.publicUrl);
    const watch = new Watch(party, this.stage.issuer, 60, OCSP_PAUSE_MS);
    const running = watch.run(this.#stopWatching.signal);
    running.catch(() => undefined);
    this.#watched.push({ name, party, watch, running });
  }

  /** By responder, the questions that were not answered so far. */
  get silent(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#watched.map(({ name, watch }) => [name, watch.silent]));
  }

  get commands(): ClusterEvidence['commands'] {
    return ClientLog.read(this.#log.path);
  }

  /** Clients issue, renew, hold, release, revoke and block through every replica, until the work is done. */
  async underLoad<Result>({ clients: count, ...options }: ClusterLoad, work: () => Promise<Result>): Promise<Result> {
    const stop = new AbortController();
    const clients = Array.from({ length: count }, () => this.#client(options));
    const running = Promise.all(clients.map(({ load }) => load.run(stop.signal)));
    try {
      return await Promise.race([work(), failing(running), ...this.#watched.map((one) => failing(one.running))]);
    } finally {
      stop.abort();
      await running;
      await Promise.all(clients.map(({ client }) => client.close()));
    }
  }

  #client({ timeout, ...options }: Omit<ClusterLoad, 'clients'>): { client: PersistentClient; load: LoadClient } {
    const number = this.#clients++;
    const random = this.random.fork(number);
    const patience = { giveUp: 0.1, patienceMs: PATIENCE_MS };
    const where = { first: number, ...(timeout === undefined ? {} : { timeout }) };
    const client = new PersistentClient(clusterEndpoints(this.stage.cluster, where), this.#log, random, patience);
    const touched = (serial: string): void => this.#watched.forEach(({ watch }) => watch.add(serial));
    return { client, load: new LoadClient(number, client, random, touched, options) };
  }

  /** Waits until nothing is under way any more, and gathers what is left; the load has ended. */
  async settle(): Promise<ClusterEvidence> {
    const { ownerUrl, kafka } = this.stage;
    // Where it never comes to that, the checker says what is missing.
    const carriedOut = async () => checkGates(await readFacts(ownerUrl)).length === 0 || undefined;
    await until(carriedOut, 'the blocks of keys').catch(() => undefined);
    for (;;) {
      const events = await readEvents(ownerUrl);
      const relayed = async () => (await relayState(ownerUrl)).relayed >= events.length || undefined;
      await until(relayed, 'the relay');
      const facts = events.map(factOf);
      const stories = [...storiesOf(facts).bySerial.values()];
      const responders: ResponderEvidence[] = [];
      for (const { name, party, watch } of this.#watched) {
        const atRest = await answersAtRest(party, stories, this.stage.issuers);
        responders.push({ name, ocspSeen: [...watch.ocspSeen], crlsSeen: [...watch.crlsSeen], ...atRest });
      }
      const topics = await readTopics(kafka.brokers);
      await Promise.race([...this.#watched.map((one) => failing(one.running)), Promise.resolve()]);
      const { head } = await relayState(ownerUrl);
      // A service that renews its own certificate meanwhile is no fault: all of it once more.
      if (head === events.length) return { commands: this.commands, facts, events, topics, responders };
    }
  }

  async close(): Promise<void> {
    this.#stopWatching.abort();
    await Promise.allSettled(this.#watched.map(({ running }) => running));
    await Promise.all(this.#watched.map(({ party }) => party.close()));
    this.#log.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
