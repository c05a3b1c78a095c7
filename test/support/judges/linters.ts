import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Conversation } from './conversation.js';
import { installed } from './installed.js';

const run = promisify(execFile);

export interface Finding {
  readonly linter: 'zlint' | 'pkilint';
  /** The linter's own name of the rule. */
  readonly rule: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

// Those of the Web PKI's root programmes don't apply to a mesh.
const NOT_OURS = 'Apple,CABF_BR,CABF_EV,CABF_SMIME_BR,ETSI_ESI,Mozilla';

/** Of a certificate or CRL, PEM. */
export const zlint = async (file: string): Promise<Finding[]> => {
  const { stdout } = await run(installed('zlint'), ['-excludeSources', NOT_OURS, file]);
  const results = JSON.parse(stdout) as Record<string, { result: string; details?: string }>;
  const severities: Readonly<Record<string, Finding['severity']>> = { fatal: 'error', error: 'error', warn: 'warning' };
  return Object.entries(results).flatMap(([rule, { result, details = '' }]) => {
    const severity = severities[result];
    return severity ? [{ linter: 'zlint', rule, severity, message: details } as const] : [];
  });
};

interface PkilintReport {
  readonly failed?: string;
  readonly results: readonly {
    readonly node_path: string;
    readonly finding_descriptions: readonly { severity: string; code: string; message: string | null }[];
  }[];
}

const commands = {
  certificate: ['lint_pkix_cert', 'lint'],
  crl: ['lint_crl', 'lint', '-t', 'CRL', '-p', 'PKIX'],
  'authorities’ crl': ['lint_crl', 'lint', '-t', 'ARL', '-p', 'PKIX'],
  'ocsp response': ['lint_ocsp_response', 'lint'],
} as const;
export type Linted = keyof typeof commands;

export interface Pkilint {
  /** Certificates and CRLs are PEM, OCSP responses DER. */
  lint(kind: Linted, file: string): Promise<Finding[]>;
  close(): Promise<void>;
}

export const openPkilint = (): Pkilint => {
  const program = new Conversation(installed('python'), [join(import.meta.dirname, 'python/pkilint_lines.py')], {});
  return {
    lint: async (kind, file) => {
      const line = [...commands[kind], '-s', 'WARNING', '-f', 'JSON', file].join('\t');
      const report = JSON.parse(await program.ask(line)) as PkilintReport;
      if (report.failed !== undefined) throw new Error(`pkilint on ${file}: ${report.failed}`);
      return report.results.flatMap(({ node_path: at, finding_descriptions: found }) =>
        found.map(({ severity, code, message }) => {
          const isError = severity === 'ERROR' || severity === 'FATAL';
          const text = `${at}: ${message ?? ''}`;
          return { linter: 'pkilint', rule: code, severity: isError ? 'error' : 'warning', message: text } as const;
        }),
      );
    },
    close: () => program.end(),
  };
};
