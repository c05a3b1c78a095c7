import type { Shutdown } from '../lifecycle/shutdown.js';

export interface TracingOptions {
  /** What the process is: `issuance`, `standalone`. */
  readonly service: string;
  /** Which of its replicas. */
  readonly instance?: string;
  readonly shutdown: Pick<Shutdown, 'register'>;
  /** The specification's own variables, OTEL_…; the process's unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}
