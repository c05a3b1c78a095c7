export interface CheckResult {
  readonly ok: boolean;
  readonly ms: number;
  /** What a passing check says of itself, or the code of the error that failed it. */
  readonly detail?: string;
}

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, CheckResult>>;
}

/** Rejects (or throws) when the service can't do its work; what it resolves with is shown. */
export type Check = () => Promise<string | void> | string | void;

interface Registered {
  readonly check: Check;
  readonly timeoutMs: number;
  running?: Promise<CheckResult>;
}

const detailOf = (error: unknown): string => {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : 'failed';
};

/** Whether this process can do its work, as the sum of checks that its parts register by name. */
export class Health {
  readonly #checks = new Map<string, Registered>();
  #draining = false;

  /** Returns the function that takes the check away again. */
  register(name: string, check: Check, { timeoutMs = 2_000 }: { timeoutMs?: number } = {}): () => void {
    if (this.#checks.has(name)) throw new Error(`there is a readiness check named ${name} already`);
    this.#checks.set(name, { check, timeoutMs });
    return () => void this.#checks.delete(name);
  }

  /** From now on not ready: load balancers stop sending requests while the last ones finish. */
  drain(): void {
    this.#draining = true;
  }

  async readiness(): Promise<Readiness> {
    const entries = await Promise.all(
      [...this.#checks].map(async ([name, registered]) => [name, await this.#run(registered)] as const),
    );
    const checks = Object.fromEntries(entries);
    if (this.#draining) checks['process'] = { ok: false, ms: 0, detail: 'shutting down' };
    return { ready: Object.values(checks).every(({ ok }) => ok), checks };
  }

  // A check that hangs is not started a second time: probes come every few seconds and would pile up behind it.
  async #run(registered: Registered): Promise<CheckResult> {
    const start = performance.now();
    const ms = (): number => Math.round(performance.now() - start);
    registered.running ??= Promise.resolve()
      .then(registered.check)
      .then(
        (detail) => ({ ok: true, ms: ms(), ...(typeof detail === 'string' ? { detail } : {}) }),
        (error: unknown) => ({ ok: false, ms: ms(), detail: detailOf(error) }),
      )
      .finally(() => delete registered.running);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<CheckResult>((resolve) => {
      timer = setTimeout(() => resolve({ ok: false, ms: ms(), detail: 'timed out' }), registered.timeoutMs);
    });
    return Promise.race([registered.running, late]).finally(() => clearTimeout(timer));
  }
}
