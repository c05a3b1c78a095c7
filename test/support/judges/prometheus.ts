import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePorts } from '@cartulary/testing';

const rules = fileURLToPath(new URL('../../../deploy/prometheus/alerts.yml', import.meta.url));
const PATIENCE_MS = 30_000;

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** A real Prometheus with the alerts of deploy/, which reads its targets every second. Ended by pid. */
export class Prometheus {
  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {}

  /** `targets`: the port on 127.0.0.1 of each instance. */
  static async start(parent: string, targets: Readonly<Record<string, number>>): Promise<Prometheus> {
    const directory = join(parent, 'prometheus');
    await mkdir(directory);
    const configuration = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [rules],
      scrape_configs: [
        {
          job_name: 'cartulary-agents',
          static_configs: Object.entries(targets).map(([instance, port]) => ({
            targets: [`127.0.0.1:${port}`],
            labels: { instance },
          })),
        },
      ],
    };
    // JSON is YAML.
    await writeFile(join(directory, 'prometheus.yml'), JSON.stringify(configuration));
    const [port] = (await freePorts(1)) as [number];
    const own = ['--config.file=prometheus.yml', '--storage.tsdb.path=data', `--web.listen-address=127.0.0.1:${port}`];
    const child = spawn('prometheus', own, { cwd: directory, stdio: 'ignore' });
    const prometheus = new Prometheus(child, port);
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const ready = await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined);
      if (ready?.ok) return prometheus;
      if (child.exitCode !== null || performance.now() > deadline) throw new Error('prometheus did not start');
      await sleep(50);
    }
  }

  /** Of each series the value now, by its `instance`; the greatest, where it has several. */
  async ask(expression: string): Promise<Readonly<Record<string, number>>> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const { data } = (await answer.json()) as { data: { result: readonly Sample[] } };
    const values: Record<string, number> = {};
    for (const { metric, value } of data.result) {
      const instance = metric['instance'] ?? '';
      values[instance] = Math.max(values[instance] ?? Number.NEGATIVE_INFINITY, Number(value[1]));
    }
    return values;
  }

  /** The alerts of an instance that have fired in so many seconds until now. */
  async fired(instance: string, seconds: number): Promise<readonly string[]> {
    const series = `ALERTS{alertstate="firing",instance="${instance}"}[${Math.ceil(seconds)}s]`;
    const expression = `max by (alertname) (max_over_time(${series}))`;
    const answer = await fetch(`http://127.0.0.1:${this.port}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const { data } = (await answer.json()) as { data: { result: readonly Sample[] } };
    return data.result.map(({ metric }) => metric['alertname'] ?? '').sort();
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }
}
