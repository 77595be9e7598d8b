/** @file Test projects: `unit` (beside the code, under two minutes) and `slow` (contracts, golden files, integration). */
import { defineConfig } from "vitest/config";

const shared = { pool: "forks" as const, testTimeout: 60_000, hookTimeout: 120_000, setupFiles: ["./test/setup.ts"] };

/** Tests of the house itself that are quick enough for `npm run check`. */
const quick = ["layers", "lockfile", "features", "public-api"].map((name) => `test/${name}.test.ts`);

/** Tests beside the code that take seconds each: whole verbs, networks against fixtures, kills, real data sets. */
const long = [
  "src/verbs/**/*.test.ts",
  "src/train/checkpoint-crash.test.ts",
  "src/train/methods.test.ts",
  "src/record/database.test.ts",
  "src/data/real-sets.test.ts",
  "parity/networks/networks.test.ts",
];

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: "unit",
          // Files share their worker's modules: loading them anew for each file took most of the time. Those of `slow` replace modules.
          isolate: false,
          include: ["src/**/*.test.ts", "parity/**/*.test.ts", ...quick],
          exclude: long,
        },
      },
      {
        test: {
          ...shared,
          name: "slow",
          include: ["test/**/*.test.ts", ...long],
          exclude: quick,
          globalSetup: ["./test/build.mjs"],
          testTimeout: 600_000,
        },
      },
    ],
  },
});
