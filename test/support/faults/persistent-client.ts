import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CartularyClient, ProblemError } from '@cartulary/client';
import { createCsr, derToPem, generatePrivateKey } from '@cartulary/x509';
import type { ClientLog, Intent, Outcome } from './client-log.js';
import type { Endpoints } from './endpoints.js';
import type { Command } from './evidence.js';
import type { Random } from './random.js';

export interface Call {
  readonly idempotencyKey: string;
  readonly correlationId: string;
}

export interface Answer {
  readonly serial?: string;
  readonly position: number;
}

type Send = (client: CartularyClient, call: Call) => Promise<Answer>;

const PAUSE_MS = 100;

/** A refusal is final; anything else leaves it open whether the command was carried out. */
const isRefusal = (error: unknown): error is ProblemError =>
  error instanceof ProblemError && error.status < 500 && error.status !== 429 && error.retryAfter === undefined;

/** Sends a command until there is a clear answer, under one Idempotency-Key, and writes down what it was told. */
export class PersistentClient {
  constructor(
    private readonly endpoints: Endpoints,
    private readonly log: ClientLog,
    private readonly random: Random,
    /** The share of commands that are sent once only; milliseconds. */
    private readonly options: { readonly giveUp: number; readonly patienceMs: number },
  ) {}

  async perform({ action, subject }: Omit<Intent, 'key'>, send: Send): Promise<Command> {
    const key = randomUUID();
    const sentAt = Date.now();
    // Some do not ask again: what became of their command stays open.
    const patient = this.random.next() >= this.options.giveUp;
    const call = { idempotencyKey: key, correlationId: key };
    const ended = (attempts: number, outcome: Outcome): Command => {
      const command = { key, action, subject, sentAt, answeredAt: Date.now(), attempts, ...outcome };
      this.log.write(command);
      return command;
    };
    for (let attempt = 1; ; attempt++) {
      try {
        const { serial, position } = await send(this.endpoints.at(action, attempt), call);
        return ended(attempt, { outcome: 'acknowledged', ...(serial ? { serial } : {}), position });
      } catch (error) {
        if (isRefusal(error)) return ended(attempt, { outcome: 'refused', code: error.code });
        const code = error instanceof ProblemError ? error.code : 'NO_ANSWER';
        if (!patient || Date.now() > sentAt + this.options.patienceMs)
          return ended(attempt, { outcome: 'unsure', code });
        await sleep(PAUSE_MS);
      }
    }
  }

  close(): Promise<void> {
    return this.endpoints.close();
  }
}

/** PEM, for a key that nobody keeps. */
export const newCsr = async (): Promise<string> =>
  derToPem(await createCsr(await generatePrivateKey('ecdsa-p256')), 'CERTIFICATE REQUEST');
