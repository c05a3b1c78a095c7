import { describe, expect, it } from 'vitest';
import { Metrics } from './metrics.js';

describe('Metrics', () => {
  it('gives the same metric for the same name and renders it', async () => {
    const metrics = new Metrics({ process: false });
    metrics.counter('issued_total', { help: 'Certificates issued', labels: ['profile'] }).inc({ profile: 'workload' });
    metrics.counter('issued_total', { help: 'Certificates issued', labels: ['profile'] }).inc({ profile: 'workload' });
    metrics.gauge('position', { help: 'Last position' }).set(7);
    metrics.histogram('sign_seconds', { help: 'Signing', buckets: [0.1] }).observe(0.05);
    const text = await metrics.render();
    expect(text).toContain('cartulary_issued_total{profile="workload"} 2');
    expect(text).toContain('cartulary_position 7');
    expect(text).toContain('cartulary_sign_seconds_bucket{le="0.1"} 1');
  });

  it('says how the process is doing, and keeps two of them apart', async () => {
    expect(await new Metrics().render()).toContain('process_cpu_seconds_total');
    expect(await new Metrics({ process: false }).render()).not.toContain('process_cpu_seconds_total');
  });
});
