import { Worker } from 'node:worker_threads';
import {
  checkProof,
  type Proof,
  proofOutcomes,
  type ProofOutcome,
  proofThread,
  type ProofsMessage,
} from './proof-thread.js';
import { type ProofCheck } from './proof.js';

interface Asked {
  readonly proof: Proof;
  readonly answer: (outcome: ProofOutcome) => void;
}

/** Fewer are checked here: a message there and back costs about as much as half a check. */
const WORTH_A_MESSAGE = 4;
/** Proofs in one message: some milliseconds of work. */
const MOST = 64;
/** It keeps nothing from one message to the next. */
const resourceLimits = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 64 };

const message = (asked: readonly Asked[]): ProofsMessage => {
  const pieces = asked.flatMap(({ proof: { spki, info, signature } }) => [spki, info, signature]);
  return {
    bytes: new Uint8Array(Buffer.concat(pieces)),
    lengths: Uint32Array.from(pieces, ({ length }) => length),
  };
};

const source = (): URL => new URL(`./proof-thread${import.meta.url.slice(-3)}`, import.meta.url);

/**
 * Checks proofs of possession on threads of their own, as many in one message as were asked for at the same time. They
 * hold no private key and see nothing but requests. What is asked for alone is checked here, and a thread is started
 * when there is first something for it.
 */
export class ProofPool implements ProofCheck {
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, readonly Asked[]>();
  #asked: Asked[] = [];
  #isScheduled = false;

  /** With none, everything is checked on the thread that asks. */
  constructor(private threads: number) {}

  check(proof: Proof): ProofOutcome | Promise<ProofOutcome> {
    if (this.threads === 0) return checkProof(proof);
    return new Promise((answer) => {
      this.#asked.push({ proof, answer });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      // Those who ask in the same turn of the event loop travel together.
      setImmediate(() => {
        this.#isScheduled = false;
        this.#hand();
      });
    });
  }

  /** What is on its way is checked here; so is what comes later. */
  async close(): Promise<void> {
    this.threads = 0;
    await Promise.all([...this.#idle, ...this.#busy.keys()].map((worker) => worker.terminate()));
  }

  #hand(): void {
    if (this.#asked.length < WORTH_A_MESSAGE || this.threads === 0) {
      for (const asked of this.#asked.splice(0)) checkHere(asked);
      return;
    }
    const free = this.threads - this.#busy.size;
    const share = Math.min(MOST, Math.max(WORTH_A_MESSAGE, Math.ceil(this.#asked.length / Math.max(1, free))));
    // While all are busy the rest waits here for the first that is done.
    for (let count = 0; count < free && this.#asked.length > 0; count++) {
      const worker = this.#idle.pop() ?? this.#start();
      const batch = this.#asked.splice(0, share);
      this.#busy.set(worker, batch);
      const { bytes, lengths } = message(batch);
      worker.postMessage({ bytes, lengths }, [bytes.buffer as ArrayBuffer, lengths.buffer as ArrayBuffer]);
    }
  }

  #start(): Worker {
    const worker = new Worker(source(), { workerData: proofThread, resourceLimits });
    worker.unref();
    worker.on('message', (outcomes: Uint8Array) => {
      const batch = this.#busy.get(worker) ?? [];
      this.#busy.delete(worker);
      this.#idle.push(worker);
      batch.forEach(({ answer }, index) => answer(proofOutcomes[outcomes[index]!]!));
      if (this.#asked.length > 0) this.#hand();
    });
    worker.on('error', () => undefined);
    // A thread that ends leaves its work to this one, and is not replaced: what ended it would end the next.
    worker.once('exit', () => {
      const batch = this.#busy.get(worker) ?? [];
      this.#busy.delete(worker);
      const index = this.#idle.indexOf(worker);
      if (index >= 0) this.#idle.splice(index, 1);
      this.threads = Math.max(0, this.threads - 1);
      batch.forEach(checkHere);
      if (this.#asked.length > 0) this.#hand();
    });
    return worker;
  }
}

const checkHere = ({ proof, answer }: Asked): void => answer(checkProof(proof));
