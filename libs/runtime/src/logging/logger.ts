import pino, { type DestinationStream } from 'pino';
import { type Config } from '../configuration/keys.js';
import { correlation } from './correlation.js';
import { prettyLine } from './pretty.js';
import { redact, redactText } from './redact.js';

/** A structured logger: `logger.info({ serial }, 'certificate issued')`. `child({ scope })` names the part that speaks. */
export type Logger = pino.Logger;

export interface LoggerOptions {
  readonly level?: Config['logLevel'];
  readonly format?: Config['logFormat'];
  /** Standard error when absent, so that standard output stays the command's own. */
  readonly destination?: DestinationStream;
  /** On every line, such as the service's name. */
  readonly base?: Readonly<Record<string, unknown>>;
}

const context = (): Record<string, unknown> => {
  const { requestId, correlationId, caller } = correlation() ?? {};
  return {
    ...(requestId === undefined ? {} : { requestId }),
    ...(correlationId === undefined || correlationId === requestId ? {} : { correlationId }),
    ...(caller === undefined ? {} : { caller }),
  };
};

export const createLogger = ({
  level = 'info',
  format = 'json',
  destination = { write: (line) => void process.stderr.write(line) },
  base = {},
}: LoggerOptions = {}): Logger => {
  const colour = process.stderr.hasColors?.() ?? false;
  const stream =
    format === 'json' ? destination : { write: (line: string) => destination.write(prettyLine(line, colour)) };
  const logger = pino(
    {
      level,
      base,
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: context,
      serializers: { err: redact },
      formatters: {
        log: (entry) => redact(entry) as Record<string, unknown>,
        bindings: (entry) => redact(entry) as typeof entry,
      },
      hooks: {
        logMethod(args, method) {
          method.apply(this, args.map((arg) => (typeof arg === 'string' ? redactText(arg) : arg)) as typeof args);
        },
      },
    },
    stream,
  );
  // Pino applies its formatters to what a line says, but not to what a child says on every line.
  const { child } = logger;
  logger.child = function (this: Logger, bindings, options) {
    return child.call(this, redact(bindings) as typeof bindings, options);
  } as typeof child;
  return logger;
};

export const silentLogger = (): Logger => createLogger({ level: 'silent' });
