import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'default',
          include: ['test/**/*.test.ts'],
          exclude: ['test/full/**'],
          testTimeout: 30_000,
        },
      },
      {
        // Needs root and programs of the operating system: `npm run test:full`.
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
