import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    pool: 'forks',
    // As src/main/host/engine-process.ts starts the engine, which many tests run in their own process.
    execArgv: ['--no-maglev'],
    // Most tests start engines and browsers of their own: more files at once only makes each of them slower.
    maxWorkers: 2,
    // A bound on hanging, not a measurement: real engines and browsers share the machine with others.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
    restoreMocks: true,
  },
});
