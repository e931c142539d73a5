import { defineConfig } from 'vitest/config';

/** Browser tests: one browser, one suite, in order. */
export default defineConfig({
  test: {
    environment: 'node',
    root: new URL('.', import.meta.url).pathname,
    include: ['**/*.e2e.ts'],
    fileParallelism: false,
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 300_000,
    bail: 1,
    sequence: { concurrent: false },
  },
});
