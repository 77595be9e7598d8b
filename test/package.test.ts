/** @file The package as others get it: packed, put into an empty folder, used by JavaScript, by TypeScript and from the command line. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { projectRoot } from "./from-source.js";

const folder = mkdtempSync(join(tmpdir(), "segkit-package-"));
const installed = join(folder, "node_modules", "segkit");
const compiler = join(projectRoot, "node_modules", "typescript", "bin", "tsc");

const manifest = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as {
  version: string;
  files: string[];
};

const npm = (args: readonly string[], cwd: string) =>
  spawnSync("npm", [...args, "--no-audit", "--no-fund", "--ignore-scripts"], {
    cwd,
    encoding: "utf8",
    // npm is a batch file on Windows, which only a shell can start.
    shell: process.platform === "win32",
  });

const node = (args: readonly string[]): string =>
  execFileSync(process.execPath, [...args], { cwd: folder, encoding: "utf8" });

/** Packs a copy, as the program that packs changes the folder. */
function pack(): string {
  const stage = join(folder, "stage");
  mkdirSync(stage);
  for (const file of ["package.json", ...manifest.files])
    cpSync(join(projectRoot, file), join(stage, file), { recursive: true });
  const packed = npm(["pack", "--json", "--pack-destination", folder], stage);
  expect(packed.status, packed.stderr).toBe(0);
  return join(folder, `segkit-${manifest.version}.tgz`);
}

/** Without a network the packages that Segkit needs are those of this project. */
function linkPackages(tarball: string): void {
  rmSync(join(folder, "node_modules"), { recursive: true, force: true });
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", installed, "--strip-components", "1"]);
  const own = join(projectRoot, "node_modules");
  for (const name of readdirSync(own))
    if (!name.startsWith(".") && name !== "segkit")
      symlinkSync(join(own, name), join(folder, "node_modules", name), "junction");
}

beforeAll(() => {
  const tarball = pack();
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  const install = npm(["install", tarball, "--prefer-offline", "--fetch-retries", "0"], folder);
  if (install.status === 0) return;
  expect(install.stderr, "an installation may fail for want of a network only").toMatch(
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|EIDLETIMEOUT/,
  );
  linkPackages(tarball);
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("holds the build, the papers and nothing else", () => {
  expect(
    readdirSync(installed)
      .filter((name) => name !== "node_modules")
      .sort(),
  ).toEqual(["package.json", ...manifest.files].sort());
  const tests = readdirSync(join(installed, "dist"), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.includes(".test."),
  );
  expect(tests).toEqual([]);
});

it("JavaScript makes a data set, trains and predicts with it", () => {
  const program = `
    import { predictFiles, train } from "segkit";
    import { writeIndexPng, writePng } from "segkit/raster";
    const [height, width] = [16, 16];
    const mask = Uint8Array.from({ length: 256 }, (_, i) => Number(i % 16 > 7));
    for (const split of ["train", "val"])
      for (const name of ["a", "b"]) {
        const data = Uint8Array.from({ length: 768 }, (_, i) => 60 + 120 * mask[Math.floor(i / 3)]);
        await writePng(\`set/\${split}/images/\${name}.png\`, { data, height, width, channels: 3 });
        await writeIndexPng(\`set/\${split}/masks/\${name}.png\`, { data: mask, height, width });
      }
    const options = { set: { width: 4, depth: 1 }, steps: 3, batch: 2, device: "cpu", threads: 1 };
    for await (const event of train({ data: "set", run: "run", ...options })) if (event.kind === "end") console.log(event.step);
    for await (const event of predictFiles({ model: "run", inputs: ["set/val/images"], out: "masks", device: "cpu" }))
      if (event.kind === "predicted") console.log(event.name, event.height, event.width);`;
  writeFileSync(join(folder, "consumer.js"), program);
  expect(node(["consumer.js"]).trim().split("\n")).toEqual(["3", "a 16 16", "b 16 16"]);
  expect(existsSync(join(folder, "masks", "a.png"))).toBe(true);
});

it("TypeScript finds the types of every entry", () => {
  const { exports } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as { exports: object };
  const names = Object.keys(exports)
    .filter((entry) => entry !== "./package.json")
    .map((entry) => `segkit${entry.slice(1)}`);
  const imports = names.map(
    (name, i) => `import * as m${i} from "${name}";\nexport const k${i}: keyof typeof m${i} | "" = "";`,
  );
  const use = `import { Graph } from "segkit/graph";\nexport const nodes: number = new Graph().nodes.length;`;
  writeFileSync(join(folder, "consumer.ts"), `${imports.join("\n")}\n${use}\n`);
  const wrong = "import { Graph } from 'segkit/graph';\nexport const nodes: string = new Graph().nodes.length;\n";
  writeFileSync(join(folder, "wrong.ts"), wrong);
  const check = (file: string) =>
    spawnSync(
      process.execPath,
      [compiler, "--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022", file],
      { cwd: folder, encoding: "utf8" },
    );
  const right = check("consumer.ts");
  expect(right.stdout).toBe("");
  expect(right.status).toBe(0);
  expect(check("wrong.ts").stdout).toContain("Type 'number' is not assignable to type 'string'");
});

it("the command line program starts", () => {
  const program = join(installed, "dist", "cli", "main.js");
  expect(node([program, "--version"]).trim()).toBe(manifest.version);
  expect(JSON.parse(node([program, "models", "--json"]))).toContainEqual(expect.objectContaining({ name: "unet" }));
});
