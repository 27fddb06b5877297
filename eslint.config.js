import js from '@eslint/js';
import simpleImportSort from 'eslint-plugin-simple-import-sort';
import globals from 'globals';
import tseslint from 'typescript-eslint';

// Module boundaries. A project is an app or a lib; its files import each other by a relative path and other libs
// by their name, so that `index.ts` is a lib's only door and no lib can reach an app.
const projectsByName = {
  group: ['**/src/**'],
  message: 'This path leaves the project: import a lib as @app/<name>; nothing imports an app.',
};
const sdkInOneLib = {
  group: ['@alicloud/*'],
  message: 'Only libs/outboundbot-client talks to the SDK: import @app/outboundbot-client.',
};

export default tseslint.config(
  { ignores: ['**/dist/', 'coverage/', 'node_modules/', 'libs/gateway-client/src/generated/'] },
  js.configs.recommended,
  {
    plugins: { 'simple-import-sort': simpleImportSort },
    rules: {
      'simple-import-sort/imports': 'error',
      'simple-import-sort/exports': 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Nest injects by the class that an import leaves behind at run time; `import type` would erase it.
      '@typescript-eslint/consistent-type-imports': 'off',
      // Nest modules are empty classes with a decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // A DTO class is the shape of plain data; nothing constructs one.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-restricted-imports': ['error', { patterns: [projectsByName, sdkInOneLib] }],
    },
  },
  {
    files: ['libs/outboundbot-client/src/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: [projectsByName] }] },
  },
  {
    // Unit specs obey the boundaries, but may hold the vendor's own clients against the emulator.
    files: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [projectsByName] }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
  {
    // End-to-end tests start the apps as `main` does.
    files: ['test/**'],
    rules: {
      'no-restricted-imports': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
  {
    files: ['{bench,tools}/**', 'deploy/*.mjs', 'libs/gateway-client/{examples,tools}/*.mjs', '*.js', '*.ts'],
    languageOptions: { globals: globals.node },
    rules: { 'no-console': 'off' },
  },
  {
    files: ['libs/gateway-client/examples/web-page/**'],
    languageOptions: { globals: globals.browser },
  },
);
