import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['*.test.ts'],
    // Each file starts a server of its own: migrating and seeding are part of that.
    hookTimeout: 100_000,
    testTimeout: 30_000,
    // They wait more than they work: also with two cores, nobody waits for the one that is stalled for 30 s.
    maxWorkers: 2,
  },
});
