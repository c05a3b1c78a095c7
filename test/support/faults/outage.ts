import { randomUUID } from 'node:crypto';
import { get } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { CartularyClient } from '@cartulary/client';
import { ProblemError } from '@cartulary/client';
import type { StandaloneProcess } from '@cartulary/testing';
import { operatorTls } from './collect.js';
import { newCsr } from './persistent-client.js';

/** What one attempt to issue a certificate came to. Milliseconds. */
export interface Attempt {
  readonly key: string;
  readonly ms: number;
  readonly serial?: string;
  readonly code?: string;
  readonly status?: number;
  readonly retryAfter?: number | undefined;
}

const identity = 'spiffe://cluster.local/ns/outage/sa/client';

/** Issues by hand: no attempt is repeated unless the test repeats it. */
export class OutageClient {
  readonly #client: CartularyClient;
  readonly #csrs = new Map<string, string>();

  constructor(private readonly service: StandaloneProcess) {
    this.#client = new CartularyClient({
      baseUrl: service.restUrl,
      tls: operatorTls(service),
      retries: 0,
      timeout: 60_000,
    });
  }

  async issue(key: string = randomUUID()): Promise<Attempt> {
    const csr = this.#csrs.get(key) ?? (await newCsr());
    this.#csrs.set(key, csr);
    const start = performance.now();
    const since = (): number => Math.round(performance.now() - start);
    try {
      const call = { idempotencyKey: key, correlationId: key };
      const { serial } = await this.#client.issueCertificate({ ...call, body: { csr, identity } });
      return { key, ms: since(), serial };
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const { code, status, retryAfter } = error;
      return { key, ms: since(), code, status, retryAfter };
    }
  }

  async hold(serial: string): Promise<void> {
    await this.#client.createRevocation({ body: { serial, reason: 'certificateHold' } });
  }

  /** Milliseconds from now until one is issued. */
  async untilIssued(patienceMs: number): Promise<number> {
    const start = performance.now();
    for (;;) {
      const { serial, code } = await this.issue();
      if (serial !== undefined) return Math.round(performance.now() - start);
      if (performance.now() - start > patienceMs) throw new Error(`not issuing after ${patienceMs} ms: ${code}`);
      await sleep(50);
    }
  }

  /** What /readyz answers. */
  readiness(): Promise<{ status: number; body: { checks: Record<string, { ok: boolean; detail?: string }> } }> {
    const options = { ca: this.service.read('root.crt') };
    return new Promise((resolve, reject) => {
      get(new URL('/readyz', this.service.restUrl), options, (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) }));
      }).on('error', reject);
    });
  }

  async untilReady(patienceMs: number): Promise<number> {
    const start = performance.now();
    for (;;) {
      const { status, body } = await this.readiness();
      if (status === 200) return Math.round(performance.now() - start);
      if (performance.now() - start > patienceMs)
        throw new Error(`not ready after ${patienceMs} ms: ${JSON.stringify(body)}`);
      await sleep(50);
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
