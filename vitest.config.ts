import { defineConfig } from 'vitest/config';
import { putServersOnPath } from './tests/support/servers-on-path.ts';

putServersOnPath();

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'tests/**/*.test.ts'],
    // Real servers start inside some suites; a hang must end, and nothing is retried.
    testTimeout: 30_000,
    hookTimeout: 120_000,
    retry: 0,
    pool: 'forks',
    maxWorkers: 2,
  },
});
