/** @file The lock file installs anywhere: from whatever registry npm is set to, on every platform, without install scripts. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
}

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
const { packages } = JSON.parse(read("package-lock.json")) as { packages: { [path: string]: LockedPackage } };
const manifest = JSON.parse(read("package.json")) as {
  version: string;
  allowScripts: { [name: string]: boolean };
  dependencies: { [name: string]: string };
};

it("names no registry", () => {
  expect(
    Object.entries(packages).flatMap(([path, { resolved }]) => (resolved ? [`${path}: ${resolved}`] : [])),
  ).toEqual([]);
});

it("is that of package.json", () => {
  const own = packages[""] as LockedPackage & { readonly dependencies: object };
  expect(own.version).toBe(manifest.version);
  expect(own.dependencies).toEqual(manifest.dependencies);
});

it.each([
  [
    "sharp",
    [
      "@img/sharp-linux-x64",
      "@img/sharp-linux-arm64",
      "@img/sharp-darwin-x64",
      "@img/sharp-darwin-arm64",
      "@img/sharp-win32-x64",
    ],
  ],
  ["biome", ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64"].map((p) => `@biomejs/cli-${p}`)],
  [
    "typescript",
    ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64"].map((p) => `@typescript/typescript-${p}`),
  ],
  ["esbuild", ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64"].map((p) => `@esbuild/${p}`)],
])("has the binaries of %s for Linux, macOS and Windows", (_, names) => {
  expect(names.filter((name) => !packages[`node_modules/${name}`])).toEqual([]);
});

it("every install script is refused: that of ONNX Runtime would fetch CUDA's libraries from elsewhere", () => {
  const withScripts = Object.entries(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.replace("node_modules/", ""));
  expect(withScripts.filter((name) => manifest.allowScripts[name] !== false)).toEqual([]);
  // npm 10 does not know `allowScripts`; there the setting does it.
  expect(read(".npmrc")).toContain("onnxruntime-node-install=skip");
});
