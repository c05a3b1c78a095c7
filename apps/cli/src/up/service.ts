import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CliError } from '../exit-codes.js';

/** What the service tells once it serves. */
export interface Ready {
  readonly type: 'ready';
  readonly restUrl: string;
  readonly publicUrl: string;
  readonly dataDirectory: string;
  readonly trustDomain: string;
  /** The trust domain was created just now. */
  readonly firstStart: boolean;
  /** Without its password. */
  readonly databaseUrl: string;
  /** Positions that `--beyond` has passed. */
  readonly passed?: number;
  readonly issuers: readonly { readonly issuerId: string; readonly purpose: string }[];
}

export interface Ended {
  /** What the service itself said about why it could not start. */
  readonly failure?: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Service<R = Ready> {
  /** Undefined: it ended before it was ready. */
  readonly ready: Promise<R | undefined>;
  readonly ended: Promise<Ended>;
  stop(): void;
}

export interface ServiceOptions {
  readonly main: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export type App =
  'agent' | 'standalone' | 'issuance' | 'rotation' | 'revocation' | 'responder' | 'inventory' | 'controller';
/** Where a service's program is; tests give one of their own. */
export type FindMain = (app: App) => string;

/** The service's entry point; it is started, never imported. */
export const appMain: FindMain = (app) => {
  const hint = 'Run `npm start` once, or `npm run build`.';
  try {
    const path = fileURLToPath(import.meta.resolve(`@cartulary/${app}/main`));
    if (existsSync(path)) return path;
  } catch (cause) {
    throw new CliError('refused', 'the service is not installed beside this command', hint, { cause });
  }
  throw new CliError('refused', 'the service has not been built', hint);
};

const failureIn = (message: unknown): string | undefined => {
  const { type, message: text } = (message ?? {}) as { type?: unknown; message?: unknown };
  return type === 'failed' && typeof text === 'string' ? text : undefined;
};

const isReady = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && (message as { type?: unknown }).type === 'ready';

export const startService = <R = Ready>({ main, args, env }: ServiceOptions): Service<R> => {
  // A process group of its own: Ctrl-C reaches this process alone, which then stops the service once. When this process
  // dies, the channel closes and the service stops by itself.
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env,
    detached: true,
  });
  let failure: string | undefined;
  child.on('message', (message) => {
    failure ??= failureIn(message);
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new CliError('refused', `the service does not start: ${cause.message}`, undefined, { cause })),
    );
    child.once('exit', (code, signal) => resolve({ code, signal, ...(failure === undefined ? {} : { failure }) }));
  });
  const ready = new Promise<R | undefined>((resolve, reject) => {
    child.on('message', (message) => isReady(message) && resolve(message as R));
    ended.then(() => resolve(undefined), reject);
  });
  return { ready, ended, stop: () => void child.kill('SIGTERM') };
};

/** Why a service that was not asked to stop has stopped. */
export const explainEnd = ({ code, signal, failure }: Ended, when: string): CliError => {
  if (code === 78) return new CliError('configuration', 'the configuration is wrong', 'What is wrong stands above.');
  if (failure !== undefined) return new CliError('refused', `the service could not start: ${failure}`);
  const how = signal ? `it was killed by ${signal}` : `it exited with ${code}`;
  return new CliError('refused', `the service stopped ${when}: ${how}`, 'Its last log lines stand above.');
};
