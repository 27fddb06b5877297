import js from '@eslint/js';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import simpleImportSort from 'eslint-plugin-simple-import-sort';
import globals from 'globals';
import tseslint from 'typescript-eslint';

// Module boundaries. A project is an app or a lib. Its files import each other by relative paths, and other libs by name:
// `index.ts` is a lib's only entry point, and a lib cannot import an app.
const projectsByName = {
  group: ['**/src/**'],
  message: 'This path leaves the project: import a lib as @app/<name>. Apps must not be imported.',
};
const sdkInOneLib = {
  group: ['@alicloud/*'],
  message: 'Only libs/outboundbot-client may import the SDK: import @app/outboundbot-client.',
};

// The folders of the gateway, from the highest to the lowest. A folder imports only folders below it; the files beside the
// folders put them together and are imported by none of them.
const gatewayFolders = [
  ...['doctor', 'docs', 'health', 'problems', 'instances', 'upstream', 'access', 'redis'],
  ...['lifecycle', 'observability', 'http', 'runtime', 'settings'],
];
const gatewayLayers = gatewayFolders.map((folder, index) => ({
  files: [`apps/gateway/src/${folder}/**`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          projectsByName,
          sdkInOneLib,
          {
            regex: `^\\.\\./(?!(${gatewayFolders.slice(index + 1).join('|') || '-'})/)`,
            message: `${folder}/ may import only the folders below it: see gatewayFolders in eslint.config.js.`,
          },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  {
    // Generated code, and what needs generated code that only a test makes.
    ignores: [
      ...['**/dist/', 'coverage/', 'node_modules/'],
      ...['libs/gateway-client/src/generated/', 'test/openapi-tools/clients/'],
    ],
  },
  js.configs.recommended,
  {
    plugins: { 'simple-import-sort': simpleImportSort, 'import-x': importX },
    settings: {
      ...importX.flatConfigs.typescript.settings,
      'import-x/resolver-next': [createNodeResolver({ extensionAlias: { '.js': ['.ts', '.js'] } })],
    },
    rules: {
      'import-x/no-cycle': 'error',
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
      // Nest needs the imported class at run time to inject it, and `import type` erases it.
      '@typescript-eslint/consistent-type-imports': 'off',
      // A Nest module is an empty class with a decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // A DTO class describes the shape of plain objects. It has no instances.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-restricted-imports': ['error', { patterns: [projectsByName, sdkInOneLib] }],
    },
  },
  ...gatewayLayers,
  {
    files: ['libs/outboundbot-client/src/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: [projectsByName] }] },
  },
  {
    // Unit specs keep the module boundaries, but may import the SDK to compare it with the emulator.
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
    // End-to-end tests start the apps as `main` does, so they import them.
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
    files: [
      '{bench,tools}/**',
      'test/openapi-tools/*.mjs',
      'deploy/*.mjs',
      'libs/gateway-client/{examples,tools}/*.mjs',
      '*.js',
      '*.ts',
    ],
    languageOptions: { globals: globals.node },
    rules: { 'no-console': 'off' },
  },
  {
    files: ['libs/gateway-client/examples/web-page/**'],
    languageOptions: { globals: globals.browser },
  },
  {
    files: ['test/client-environments/**'],
    languageOptions: { globals: { ...globals.node, ...globals.browser, ...globals.jest } },
    rules: { 'no-console': 'off' },
  },
  {
    files: ['apps/gateway/src/docs/page/**'],
    languageOptions: { globals: { ...globals.browser, SwaggerUIBundle: 'readonly' } },
  },
);
