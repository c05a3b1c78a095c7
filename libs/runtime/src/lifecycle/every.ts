export interface EveryOptions {
  /** Stops it, as `stop` does. */
  readonly signal?: AbortSignal;
  /** What a run throws. The next run comes all the same. */
  readonly onError: (error: unknown) => void;
  /** From 0 to 1: the share of each pause that is left to chance, so that replicas don't keep step. */
  readonly jitter?: number;
  /** Whether the first run comes at once instead of after a pause. */
  readonly immediately?: boolean;
  readonly random?: () => number;
}

export interface Repetition {
  /** Runs now, or again right after the run under way. */
  wake(): void;
  /** No further run; resolves when the one under way has ended. */
  stop(): Promise<void>;
}

/** Runs `task` every `ms` milliseconds, counted from the end of a run to the start of the next: runs never overlap. */
export const every = (
  ms: number,
  task: (signal: AbortSignal) => Promise<void> | void,
  { signal, onError, jitter = 0.1, immediately = false, random = Math.random }: EveryOptions,
): Repetition => {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;

  const plan = (delay: number): void => {
    clearTimeout(timer);
    if (!abort.signal.aborted) timer = setTimeout(run, delay);
  };
  const run = (): void => {
    again = false;
    running = Promise.resolve(abort.signal)
      .then(task)
      .catch(onError)
      .finally(() => {
        running = undefined;
        plan(again ? 0 : ms * (1 - jitter * random()));
      });
  };
  const stop = async (): Promise<void> => {
    abort.abort();
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    await running;
  };

  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted === true) abort.abort();
  plan(immediately ? 0 : ms * (1 - jitter * random()));
  return {
    wake: () => {
      if (running) again = true;
      else plan(0);
    },
    stop,
  };
};
