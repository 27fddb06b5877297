import { defineConfig } from 'vitest/config';

const jsonReport = process.env['VITEST_JSON_REPORT'];

export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    include: ['{apps,libs}/**/*.spec.ts', 'test/**/*.spec.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['reflect-metadata'],
    // The SDK is CommonJS with a default export of its own: load it exactly as Node does.
    deps: { interopDefault: false },
    testTimeout: 20_000,
    reporters: jsonReport === undefined ? ['default'] : ['default', ['json', { outputFile: jsonReport }]],
    coverage: {
      provider: 'v8',
      include: ['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts'],
      // These are the programs' first lines; the tests run them from `dist`, where coverage does not see them.
      exclude: [
        ...['**/*.spec.ts', '**/testing/**', '**/main.ts', '**/run.ts', '**/log/output.ts'],
        '**/write-*.ts',
      ],
      reporter: ['text', 'html'],
      thresholds: {
        '{apps/gateway,libs}/**': { lines: 95, branches: 95 },
      },
    },
  },
});
