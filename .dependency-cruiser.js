/** Who may import whom. `make check` fails on what these rules forbid; `make graph` prints the graph of the packages. */
const TESTS = '\\.test\\.ts$'

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'Files that import each other cannot be understood, tested or moved one at a time.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'lib-imports-lib-only',
      comment: 'lib is the ground floor: it knows no service, no operator and no command.',
      severity: 'error',
      from: { path: '^lib/', pathNot: TESTS },
      to: { path: '^(services|operator|standalone|cli|test)/' },
    },
    {
      name: 'a-service-imports-lib-only',
      comment: 'Services share streams and the configuration, and no code but lib.',
      severity: 'error',
      from: { path: '^services/([^/]+)/', pathNot: TESTS },
      to: { path: '^(services|operator|standalone|cli|test)/', pathNot: '^services/$1/' },
    },
    {
      name: 'a-provider-imports-lib-only',
      comment: 'The operator and standalone mode are siblings: what both need is in lib.',
      severity: 'error',
      from: { path: '^(operator|standalone)/', pathNot: TESTS },
      to: { path: '^(services|operator|standalone|cli|test)/', pathNot: '^$1/' },
    },
    {
      name: 'the-cli-imports-no-service',
      comment: 'Commands ask services over the broker.',
      severity: 'error',
      from: { path: '^cli/', pathNot: TESTS },
      to: { path: '^(services|test)/' },
    },
    {
      name: 'tests-of-a-package-stay-in-it',
      comment: 'A unit test imports its own package, what its package may import, and test/support.',
      severity: 'error',
      from: { path: '^(lib|services|operator|standalone|cli)/(.*)' + TESTS },
      to: { path: '^test/', pathNot: '^test/support/' },
    },
    {
      name: 'by-the-front-door',
      comment: 'Another package is imported by its name, so that its exports say what is public.',
      severity: 'error',
      from: { path: '^lib/([^/]+)/' },
      to: { path: '^lib/', pathNot: '^lib/$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'by-the-front-door-of-lib',
      comment: 'lib is imported by the names of its packages.',
      severity: 'error',
      from: { path: '^(services|operator|standalone|cli|test)/' },
      to: { path: '^lib/', dependencyTypes: ['local'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^\\.cache' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
}
