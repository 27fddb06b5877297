import { defineConfig } from 'vitest/config';

// Used by Stryker, which cannot select a project of vitest.config.ts. It runs only the unit specs of the libs.
export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    include: ['libs/*/src/**/*.spec.ts'],
    setupFiles: ['reflect-metadata'],
    deps: { interopDefault: false },
    // Some mutants change what a module does when it is loaded, so each run loads the modules anew.
    isolate: true,
  },
});
