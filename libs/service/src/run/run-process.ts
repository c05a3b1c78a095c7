import {
  type Clock,
  type Config,
  ConfigurationError,
  createLogger,
  exitCode,
  Health,
  keys,
  loadConfigOrExit,
  type Logger,
  runUntilSignalled,
  Shutdown,
  startTracing,
  SystemClock,
} from '@cartulary/runtime';

/** What every process starts with. */
export interface Process {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly health: Health;
  readonly shutdown: Shutdown;
}

/** What the parent process is told, if it listens; with `done`, the process ends there. */
export interface Started {
  readonly ready: Readonly<Record<string, unknown>>;
  readonly done?: boolean;
}

/** Starts, says where it is, and stays up until it is signalled. Exits with 78 when the configuration is wrong. */
export const runProcess = async (
  args: readonly string[],
  start: (process: Process) => Promise<Started>,
  service = 'standalone',
): Promise<void> => {
  const config = loadConfigOrExit(keys, args);
  const logger = createLogger({ level: config.logLevel, format: config.logFormat });
  const health = new Health();
  const shutdown = new Shutdown({ logger, timeoutMs: config.shutdownTimeout, health });
  await startTracing({ service, ...(config.serviceName ? { instance: config.serviceName } : {}), shutdown });
  try {
    const { ready, done } = await start({ config, logger, clock: new SystemClock(), health, shutdown });
    process.send?.({ type: 'ready', ...ready });
    if (done) {
      await shutdown.close('done');
      process.exit(exitCode.ok);
    }
  } catch (error) {
    const misconfigured = error instanceof ConfigurationError;
    if (misconfigured) process.stderr.write(`${error.message}\n`);
    else logger.fatal({ err: error }, 'could not start');
    process.send?.({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    await shutdown.close('failed to start');
    process.exit(misconfigured ? exitCode.configuration : exitCode.failure);
  }
  await runUntilSignalled(shutdown);
};
