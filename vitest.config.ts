/** @file Test projects: `unit` (beside the code, under two minutes) and `slow` (contracts, golden files, integration). */
import { defineConfig } from "vitest/config";

const shared = { pool: "forks" as const, testTimeout: 60_000, setupFiles: ["./test/setup.ts"] };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: { ...shared, name: "unit", include: ["src/**/*.test.ts", "parity/**/*.test.ts", "test/layers.test.ts"] },
      },
      {
        test: {
          ...shared,
          name: "slow",
          include: ["test/**/*.test.ts"],
          exclude: ["test/layers.test.ts"],
          testTimeout: 600_000,
        },
      },
    ],
  },
});
