import { defineConfig, globalIgnores } from 'eslint/config';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** Selectors of `no-restricted-syntax`; a later entry replaces an earlier one, so each block states all it wants. */
const NO_DEFAULT_EXPORT = { selector: 'ExportDefaultDeclaration', message: 'Export by name: one name per thing, wherever it is used.' };
const NO_MODULE_STATE = { selector: 'Program > VariableDeclaration[kind=/^(let|var)$/], Program > ExportNamedDeclaration > VariableDeclaration[kind=/^(let|var)$/]', message: 'No module-level state: keep it in a createX(dependencies).' };
const NO_CLOCK = { selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']", message: 'Randomness is injected (or comes from node:crypto).' };

export default defineConfig(
  // AssemblyScript, which has types of its own.
  globalIgnores(['src/main/engine/similarity/assembly/', 'out/', 'dist/', 'node_modules/', '.runtime/', 'coverage/', 'test-results/']),
  {
    files: ['**/*.{ts,tsx,mjs,js}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // One-line arrows that answer nothing are the plainest way to write a listener.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // `const _checked: Wanted = value` states a type the compiler must prove.
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT, NO_MODULE_STATE, NO_CLOCK],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    // Electron's own globals are handed over by the preload alone.
    files: ['src/**/*.{ts,tsx}'],
    ignores: ['src/preload/**', 'src/main/desktop/**'],
    rules: { 'no-restricted-imports': ['error', { paths: [{ name: 'electron', message: 'electron belongs to src/main/desktop and src/preload.' }] }] },
  },
  {
    files: ['src/main/desktop/**/*.ts'],
    rules: {
      // Electron's own functions answer with the interface of its classes.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      'no-restricted-imports': ['error', { paths: [{ name: 'electron', importNames: ['ipcRenderer', 'contextBridge'], message: 'Raw ipcRenderer stays in src/preload.' }] }] },
  },
  {
    files: ['src/renderer/**/*.{ts,tsx}'],
    extends: [reactHooks.configs.flat['recommended-latest']],
  },
  {
    files: ['test/**/*.{ts,tsx}'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/require-await': 'off',
      // A test's own place is made before and removed after each test, in a variable of its file.
      'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT],
    },
  },
  {
    // Programs for the terminal.
    files: ['scripts/**', 'bench/**'],
    rules: { 'no-console': 'off', 'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT] },
  },
  {
    // Plain JavaScript that runs before anything is installed: typed by JSDoc, read from JSON.
    files: ['**/*.{mjs,js}'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
  {
    // Configuration files and the pool's worker entry: their readers look for a default export.
    files: ['*.config.{ts,js}', '.dependency-cruiser.mjs', 'src/main/engine/worker.ts', 'test/crash/*-task.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
