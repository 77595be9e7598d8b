/** @file What the package offers: the entries of package.json lead somewhere, and no name comes or goes unnoticed. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const { exports, bin, files, dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: { [entry: string]: string | { types: string; default: string } };
  bin: { [name: string]: string };
  files: string[];
  dependencies: { [name: string]: string };
};

/** The source that a file of dist/ is built from. */
const sourceOf = (built: string): string => built.replace("./dist/", "src/").replace(/(\.d\.ts|\.js)$/, ".ts");

const entries = Object.entries(exports).flatMap(([entry, target]) =>
  typeof target === "string" ? [] : [{ entry, ...target }],
);

describe.each(entries)("segkit$entry", ({ entry, types, default: built }) => {
  it("has a source, and the same one for types", () => {
    expect(sourceOf(types)).toBe(sourceOf(built));
    expect(existsSync(join(root, sourceOf(built))), sourceOf(built)).toBe(true);
  });

  it("exports the names of the list; `npx vitest run test/public-api.test.ts -u` renews it", async () => {
    const module = (await import(pathToFileURL(join(root, sourceOf(built))).href)) as object;
    const names = Object.keys(module).sort();
    expect(names.length).toBeGreaterThan(0);
    const file = `./public-api/${entry === "." ? "segkit" : entry.slice(2)}.txt`;
    await expect(`${names.join("\n")}\n`).toMatchFileSnapshot(file);
  });
});

it("every subpath resolves to the same source in examples and docs as in the package", () => {
  const { paths } = (
    JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")) as {
      compilerOptions: { paths: { [alias: string]: string[] } };
    }
  ).compilerOptions;
  for (const { entry, default: built } of entries) {
    const name = `segkit${entry.slice(1)}`;
    const own = paths[name]?.[0] ?? paths["segkit/*"]![0]!.replace("*", name.slice("segkit/".length));
    expect(own, name).toBe(`./${sourceOf(built)}`);
  }
});

it("programs, files and dependencies of the package are what it needs", () => {
  expect(Object.values(bin).map((file) => existsSync(join(root, sourceOf(`./${file}`))))).toEqual([true]);
  expect(files).toEqual(["dist", "README.md", "CHANGELOG.md", "FEATURES.md", "LICENSE", "docs"]);
  // Each further dependency is one more thing that can break an installation: say in the commit why it is worth that.
  expect(Object.keys(dependencies).length).toBeLessThanOrEqual(10);
});
