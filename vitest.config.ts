import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

const jsonReport = process.env['VITEST_JSON_REPORT'];

export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    projects: [
      { extends: true, test: { name: 'unit', include: ['{apps,libs}/*/src/**/*.spec.ts'] } },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.spec.ts'],
          globalSetup: ['test/e2e/global-setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/system/**/*.spec.ts'],
          globalSetup: ['test/system/global-setup.ts'],
          // After the others: its builds and processes would delay what those wait for.
          sequence: { groupOrder: 1 },
        },
      },
    ],
    setupFiles: ['reflect-metadata'],
    // Most tests wait for sockets, timers or processes: two for a core keep it busy. In CI an undisturbed run matters more.
    maxWorkers: availableParallelism() * (process.env['CI'] === undefined ? 2 : 1),
    // Tests share no state but modules, which take longer to load than most files to run.
    isolate: false,
    // The SDK is CommonJS with a default export of its own: load it exactly as Node does.
    deps: { interopDefault: false },
    testTimeout: 20_000,
    // A busy machine makes what a test waits for late, not wrong.
    expect: { poll: { timeout: 10_000 } },
    reporters: jsonReport === undefined ? ['default'] : ['default', ['json', { outputFile: jsonReport }]],
    coverage: {
      provider: 'v8',
      include: ['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts'],
      // These are the programs' first lines; the system tests run them bundled, where coverage does not see them.
      exclude: [
        ...[
          '**/*.spec.ts',
          '**/test-support/**',
          '{apps/outboundbot-emulator,libs/resilience}/src/testing/**',
        ],
        ...['**/main.ts', '**/run.ts', '**/log-output.ts'],
        'apps/gateway/src/doctor.ts',
        '**/write-*.ts',
      ],
      reporter: ['text', 'html'],
      thresholds: {
        '{apps/gateway,libs}/**': { lines: 95, branches: 95 },
      },
    },
  },
});
