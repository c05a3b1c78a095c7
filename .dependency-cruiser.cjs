// DESIGN: dependencies point down only.
const not = (names) => `^libs/(?!(${names.join('|')})/)`;
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'libs-never-import-apps', severity: 'error', from: { path: '^libs/' }, to: { path: '^apps/' } },
    {
      name: 'domain-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^libs/domain/' },
      to: { path: '^(libs/(?!domain/)|apps/)' },
    },
    {
      name: 'domain-is-pure',
      severity: 'error',
      from: { path: '^libs/domain/src', pathNot: 'spec\\.ts$' },
      to: { dependencyTypes: ['core', 'npm'] },
    },
    {
      name: 'only-ledger-and-transport-know-postgres-and-kafka',
      severity: 'error',
      from: { path: '^(apps/|libs/(?!(ledger|transport|testing)/))' },
      to: { path: 'node_modules/(pg|kafkajs|@types/pg)/' },
    },
    {
      name: 'x509-and-ledger-stand-alone',
      severity: 'error',
      from: { path: '^libs/(x509|ledger|runtime)/' },
      to: { path: not(['x509', 'ledger', 'runtime']) },
    },
    {
      name: 'an-app-never-imports-another-app',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: '^apps/standalone/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'no-deep-imports',
      severity: 'error',
      from: { path: '^(apps|libs|test|bench)/([^/]+)/' },
      to: {
        path: '^(apps|libs)/[^/]+/(src|dist)/',
        pathNot: ['^$1/$2/', '^(apps|libs)/[^/]+/(src|dist)/(index|embedded/index|testing/index)\\.(ts|js|d\\.ts)$'],
      },
    },
    {
      name: 'testing-is-for-tests',
      severity: 'error',
      from: { path: '^(apps|libs/(?!testing/))', pathNot: '(spec\\.ts$|/src/testing/)' },
      to: { path: '^libs/(testing/|[^/]+/src/testing/)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsConfig: { fileName: 'tsconfig.spec.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['source', 'import', 'node', 'default'] },
  },
};
