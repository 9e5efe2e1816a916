import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['*.test.ts'],
    // Each file starts a server of its own: migrating and seeding are part of that.
    hookTimeout: 100_000,
    testTimeout: 30_000,
  },
});
