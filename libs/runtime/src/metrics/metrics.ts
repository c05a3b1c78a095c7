import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface MetricOptions {
  readonly help: string;
  readonly labels?: readonly string[];
  /** Upper bounds in seconds (histograms). */
  readonly buckets?: readonly number[];
}

const latencies = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The metrics of one process. Names are given without the `cartulary_` that all of them begin with. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #beforeRender = new Set<() => void>();

  constructor({ process: includeProcess = true }: { process?: boolean } = {}) {
    if (includeProcess) collectDefaultMetrics({ register: this.#registry });
  }

  /** A counter; asked for again by the same name, the same one. */
  counter(name: string, { help, labels = [] }: MetricOptions): Counter {
    return this.#once(
      name,
      (full) => new Counter({ name: full, help, labelNames: [...labels], registers: [this.#registry] }),
    );
  }

  gauge(name: string, { help, labels = [] }: MetricOptions): Gauge {
    return this.#once(
      name,
      (full) => new Gauge({ name: full, help, labelNames: [...labels], registers: [this.#registry] }),
    );
  }

  histogram(name: string, { help, labels = [], buckets = latencies }: MetricOptions): Histogram {
    return this.#once(
      name,
      (full) =>
        new Histogram({
          name: full,
          help,
          labelNames: [...labels],
          buckets: [...buckets],
          registers: [this.#registry],
        }),
    );
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Calls back before each `render`: what happens too often to be counted here is counted elsewhere until then. */
  beforeRender(listener: () => void): void {
    this.#beforeRender.add(listener);
  }

  /** In Prometheus's text format. */
  render(): Promise<string> {
    for (const listener of this.#beforeRender) listener();
    return this.#registry.metrics();
  }

  #once<M extends Counter | Gauge | Histogram>(name: string, create: (full: string) => M): M {
    const full = `cartulary_${name}`;
    return (this.#registry.getSingleMetric(full) as M | undefined) ?? create(full);
  }
}
