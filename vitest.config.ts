import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

export default defineConfig({
  test: {
    reporters: ['default', new ClosingLine()],
    projects: [
      {
        test: {
          name: 'default',
          include: ['test/**/*.test.ts'],
          exclude: ['test/full/**'],
          setupFiles: ['test/support/keep-databases.ts'],
          // No module of ours keeps state, so test files may share what is loaded: half the time.
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        // Needs root, programs of the operating system, or more time: `npm run test:full`.
        test: {
          name: 'full',
          include: ['test/full/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
