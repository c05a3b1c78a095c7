import { defineConfig } from 'vitest/config';

// Tests run on the sources: the `source` export condition leads from package to package without a build.
const resolve = { conditions: ['source', 'node'] };
const ssr = { resolve: { conditions: ['source', 'node'] } };

// Specs lie outside the packages' own tsconfigs, where decorators are switched on.
const oxc = { decorator: { legacy: true, emitDecoratorMetadata: true } };

const project = (name: string, include: string[], timeout: number, extra: object = {}) => ({
  resolve,
  ssr,
  oxc,
  test: { name, include, testTimeout: timeout, hookTimeout: 120_000, ...extra },
});

export default defineConfig({
  test: {
    passWithNoTests: false,
    projects: [
      project('unit', ['{libs,apps}/*/src/**/*.unit.spec.ts', 'test/docs/**/*.unit.spec.ts'], 20_000),
      project('int', ['{libs,apps}/*/src/**/*.int.spec.ts'], 120_000, { globalSetup: ['./test/postgres.setup.ts'] }),
      project('e2e', ['test/e2e/**/*.e2e.spec.ts'], 180_000, { globalSetup: ['./test/postgres.setup.ts'] }),
      project('interop', ['test/interop/**/*.e2e.spec.ts'], 180_000, { globalSetup: ['./test/postgres.setup.ts'] }),
      project('judges', ['test/judges/**/*.e2e.spec.ts'], 300_000, { globalSetup: ['./test/postgres.setup.ts'] }),
      project('kubernetes', ['test/kubernetes/**/*.e2e.spec.ts'], 300_000, {
        globalSetup: ['./test/postgres.setup.ts'],
      }),
      project('faults', ['test/faults/**/*.e2e.spec.ts'], 600_000, { globalSetup: ['./test/postgres.setup.ts'] }),
      project('fuzz', ['test/fuzz/**/*.e2e.spec.ts'], 600_000, { globalSetup: ['./test/postgres.setup.ts'] }),
    ],
  },
});
