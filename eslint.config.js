import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: ['**/node_modules/', '.cache/', '.postrider/', 'eslint.config.js', '.dependency-cruiser.js'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // The classes of @kubernetes/client-node (V1Secret, ...) are plain data: literals are how they are written.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // node:test's test() and describe() return promises that the runner itself awaits.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', name: ['test', 'describe', 'it', 'suite'], package: 'node:test' },
          ],
        },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // An interface with an async method is often met by one that needs no await.
      '@typescript-eslint/require-await': 'off',
      complexity: ['error', 15],
      // Services here are objects of closures without a `this`, written in method form.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // What is not smtp-server's public interface has one place (docs/smtp-server.md).
    files: ['services/ingress/**'],
    ignores: ['services/ingress/session/smtp-server-adapter.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'MemberExpression[property.name=/^_/], MethodDefinition[key.name=/^(_|handler_)/]',
          message: 'use or extend services/ingress/session/smtp-server-adapter.ts',
        },
      ],
      'no-restricted-imports': ['error', { patterns: ['smtp-server/lib/*'] }],
    },
  },
  // A scripted server is one long switch, and reads best so.
  { files: ['test/**'], rules: { complexity: ['error', 20] } },
)
