// The public surface of libs/runtime; a deep import is a lint error.
export { assertRuntime } from './assert-runtime.js';
export { Clock, FixedClock, SystemClock } from './clock.js';
export { exitCode } from './exit-code.js';
export { collectGarbage } from './memory/collect-garbage.js';
export { CONFIG, LOGGER, PROBLEM_TABLE } from './tokens.js';
export { RuntimeModule, type RuntimeOptions } from './runtime.module.js';

export {
  defineConfig,
  flagName,
  key,
  listKeys,
  variableName,
  type ConfigDefinition,
  type ConfigOf,
  type Key,
  type KeyListing,
} from './configuration/define-config.js';
export { describeConfig } from './configuration/describe-config.js';
export { ConfigurationError, type ConfigurationProblem } from './configuration/errors.js';
export { loadConfigOrExit, parseFlags } from './configuration/flags.js';
export { keys, type Config } from './configuration/keys.js';
export {
  booleanKind,
  bytesKind,
  durationKind,
  enumKind,
  integerKind,
  listKind,
  patternKind,
  portKind,
  secretKind,
  textKind,
  urlKind,
  type Kind,
} from './configuration/kinds.js';
export { foreignVariables, loadConfig, type ConfigSources } from './configuration/load-config.js';
export { Secret } from './configuration/secret.js';
export { didYouMean } from './configuration/suggest.js';
export { formatDuration, parseBytes, parseDuration } from './configuration/units.js';

export { correlation, newCorrelation, setCaller, withCorrelation, type Correlation } from './logging/correlation.js';
export { createLogger, silentLogger, type Logger, type LoggerOptions } from './logging/logger.js';
export { NestLogger } from './logging/nest-logger.js';
export { redact, redactText } from './logging/redact.js';

export { inSpan } from './tracing/in-span.js';
export type { TracingOptions } from './tracing/options.js';
export { isTracing, startTracing } from './tracing/start-tracing.js';

export { Metrics, type MetricOptions } from './metrics/metrics.js';
export { Health, type Check, type CheckResult, type Readiness } from './health/health.js';
export { Permission, PERMISSION, Unauthenticated, UNAUTHENTICATED } from './operations/access-marks.js';
export { OperationsModule } from './operations/operations.module.js';

export { ProblemFilter } from './problems/problem.filter.js';
export { problemOf, type Resolved } from './problems/problem-of.js';
export { type Problem, type ProblemRow, type ProblemTable, type WithExtensions } from './problems/problem.js';
export { runtimeProblems, type RuntimeCode } from './problems/runtime-problems.js';

export { ListenError } from './http/listen-error.js';
export {
  createRestApplication,
  type HttpTimeouts,
  type RestApplication,
  type RestOptions,
} from './http/rest-application.js';
export { secureContextOptions, type ServerCredentials } from './http/tls.js';

export { backoff, retry, type Backoff, type BackoffOptions, type RetryOptions } from './lifecycle/backoff.js';
export { every, type EveryOptions, type Repetition } from './lifecycle/every.js';
export { runUntilSignalled, type SignalSource } from './lifecycle/run-until-signalled.js';
export { Shutdown, type ShutdownOptions } from './lifecycle/shutdown.js';
