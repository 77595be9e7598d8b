/** @file Test projects: `unit` (beside the code, under two minutes) and `slow` (contracts, golden files, integration). */
import { defineConfig } from "vitest/config";

const shared = { pool: "forks" as const, testTimeout: 60_000, setupFiles: ["./test/setup.ts"] };

/** Tests of the house itself that are quick enough for `npm run check`. */
const quick = ["layers", "lockfile", "features", "public-api"].map((name) => `test/${name}.test.ts`);

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: { ...shared, name: "unit", include: ["src/**/*.test.ts", "parity/**/*.test.ts", ...quick] },
      },
      {
        test: {
          ...shared,
          name: "slow",
          include: ["test/**/*.test.ts"],
          exclude: quick,
          testTimeout: 600_000,
        },
      },
    ],
  },
});
