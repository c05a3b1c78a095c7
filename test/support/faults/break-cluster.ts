import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaStage, Member } from './kafka-stage.js';
import type { Random } from './random.js';

/** Milliseconds until what was killed served again, by its name. */
export type Back = Record<string, number[]>;

/** First one replica of each service, then the next of each. */
const replicasInTurn = (members: readonly Member[]): Member[] => {
  const seen = new Map<string, number>();
  const turns = members.map((member) => {
    const turn = seen.get(member.service) ?? 0;
    seen.set(member.service, turn + 1);
    return { member, turn };
  });
  return turns.sort((a, b) => a.turn - b.turn).map(({ member }) => member);
};

/** Does to a cluster what machines, kernels and operators do to it. */
export class Breaker {
  readonly back: Back = {};

  constructor(
    private readonly stage: KafkaStage,
    private readonly random: Random,
  ) {}

  async #restart({ label, process }: Member): Promise<void> {
    const took = await this.stage.startAgain(process);
    (this.back[label] ??= []).push(took);
  }

  /** kill -9 for each process, its start not waited for; but one replica of a service is left at any time. */
  async killEach(): Promise<void> {
    const starting = new Map<string, Promise<void>>();
    for (const member of replicasInTurn(this.stage.cluster.members)) {
      await sleep(this.random.between(0, 1_000));
      await starting.get(member.service);
      await member.process.kill();
      starting.set(member.service, this.#restart(member));
    }
    await Promise.all(starting.values());
  }

  async #kill(member: Member): Promise<void> {
    await member.process.kill();
    await this.#restart(member);
  }

  async restartPostgres(how: 'stop' | 'kill9'): Promise<void> {
    const { postgres } = this.stage;
    await postgres[how]();
    await postgres.restart();
  }

  async killBroker(forMs = 0): Promise<void> {
    const { kafka } = this.stage;
    await kafka.kill();
    await sleep(forMs);
    await kafka.start();
  }

  async pauseBroker(ms: number): Promise<void> {
    this.stage.kafka.pause();
    await sleep(ms);
    this.stage.kafka.resume();
  }

  async pauseService({ process: { pid } }: Member, ms: number): Promise<void> {
    process.kill(pid, 'SIGSTOP');
    await sleep(ms);
    process.kill(pid, 'SIGCONT');
  }

  /** One fault after the other, drawn at random, for so many milliseconds; gives how many of each. */
  async chaos(ms: number): Promise<Record<string, number>> {
    const { random } = this;
    const member = (): Member => random.pick(this.stage.cluster.members);
    const faults: Readonly<Record<string, () => Promise<void>>> = {
      killed: () => this.#kill(member()),
      'two killed': async () =>
        void (await Promise.all([...new Set([member(), member()])].map((one) => this.#kill(one)))),
      paused: () => this.pauseService(member(), random.between(500, 12_000)),
      'Postgres killed': () => this.restartPostgres('kill9'),
      'Postgres stopped': () => this.restartPostgres('stop'),
      'broker killed': () => this.killBroker(random.between(0, 10_000)),
      'broker paused': () => this.pauseBroker(random.between(500, 12_000)),
    };
    const done: Record<string, number> = {};
    for (const end = performance.now() + ms; performance.now() < end;) {
      const name = random.pick(Object.keys(faults));
      await faults[name]!();
      done[name] = (done[name] ?? 0) + 1;
      await sleep(random.between(0, 3_000));
    }
    return done;
  }
}
