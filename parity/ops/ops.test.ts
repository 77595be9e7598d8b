import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { opFixtureFiles, runOpFixture } from "./index.js";

describe("operators give PyTorch's outputs and gradients", () => {
  for (const file of opFixtureFiles) {
    const path = fileURLToPath(new URL(`../../../shared/parity/${file}.json`, import.meta.url));
    it.skipIf(!existsSync(path))(`in every case of ${file}.json`, async () => {
      const failed: string[] = [];
      let count = 0;
      for await (const { name, passed, detail } of runOpFixture(JSON.parse(readFileSync(path, "utf8")))) {
        count++;
        if (!passed) failed.push(`${name}: ${detail}`);
      }
      expect(failed).toEqual([]);
      expect(count).toBeGreaterThan(0);
    });
  }
});
