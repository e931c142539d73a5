import { defineConfig } from 'vitest/config';

/** Browser tests: one browser, one suite, in order. */
export default defineConfig({
  test: {
    environment: 'node',
    root: new URL('.', import.meta.url).pathname,
    include: ['**/*.e2e.ts'],
    fileParallelism: false,
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 90_000,
    bail: 1,
    sequence: { concurrent: false },
  },
});
