import { Inject, Injectable, Optional } from '@nestjs/common';
import { LOGGER, type Logger, Metrics } from '@cartulary/runtime';
import { Signer } from '@cartulary/x509';

/** What the rules find before a signature is counted and logged, also where it doesn't keep anything from being signed. */
@Injectable()
export class LintReports {
  constructor(signer: Signer, @Optional() metrics?: Metrics, @Optional() @Inject(LOGGER) logger?: Logger) {
    const findings = metrics?.counter('lint_findings_total', {
      help: 'What the rules found in bytes that were about to be signed; errors were not signed',
      labels: ['usage', 'rule', 'severity'],
    });
    signer.onFinding(({ rule, section, severity, message }, usage) => {
      findings?.inc({ usage, rule, severity });
      logger?.[severity === 'error' ? 'error' : 'warn']({ usage, rule, section }, `lint: ${message}`);
    });
  }
}
