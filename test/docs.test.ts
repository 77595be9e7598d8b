/**
 * @file Documentation is true: blocks marked `ci` run, links lead somewhere, generated pages are up to date.
 *
 * The blocks of a page run in order in a folder of its own that holds the data set `data/shapes` of the examples. The blocks
 * of README.md are not among them: `.ci/run` runs those in a clone.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
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
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pages } from "../scripts/reference/pages.js";
import { fromSource, projectRoot } from "./from-source.js";
import { program } from "./segkit.js";

const folder = mkdtempSync(join(tmpdir(), "segkit-docs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const papers = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "FEATURES.md",
  ...readdirSync(join(projectRoot, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

const textOf = (paper: string): string => readFileSync(join(projectRoot, paper), "utf8");

interface Block {
  readonly language: "sh" | "ts";
  readonly code: string;
}

const blocksOf = (text: string): Block[] =>
  Array.from(text.matchAll(/^```(sh|ts) ci *\n([\s\S]*?)^```/gm), ([, language, code]) => ({
    language: language as Block["language"],
    code: code!,
  }));

/** A folder in which a page's blocks run: data, packages, and `segkit` on the path. */
function workplace(paper: string): { readonly place: string; readonly path: string } {
  const place = join(folder, paper.replace(/\W+/g, "-"));
  mkdirSync(join(place, "bin"), { recursive: true });
  cpSync(join(folder, "shapes"), join(place, "data", "shapes"), { recursive: true });
  symlinkSync(join(projectRoot, "node_modules"), join(place, "node_modules"), "junction");
  writeFileSync(join(place, "bin", "segkit"), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(join(place, "bin", "segkit"), 0o755);
  return { place, path: `${join(place, "bin")}${delimiter}${process.env.PATH}` };
}

beforeAll(() => {
  const make = join(folder, "make.mts");
  const shapes = JSON.stringify(join(projectRoot, "examples", "shapes.ts"));
  writeFileSync(make, `import { shapesFolder } from ${shapes};\nawait shapesFolder("shapes");\n`);
  symlinkSync(join(projectRoot, "node_modules"), join(folder, "node_modules"), "junction");
  const { args, env } = fromSource(make);
  const made = spawnSync(process.execPath, args, { cwd: folder, env, encoding: "utf8" });
  expect(made.stderr).toBe("");
}, 60_000);

const withBlocks = papers.filter((paper) => paper !== "README.md" && blocksOf(textOf(paper)).length > 0);

describe.skipIf(process.platform === "win32")("blocks run", () => {
  it.each(withBlocks)("%s", (paper) => {
    const { place, path } = workplace(paper);
    for (const [i, { language, code }] of blocksOf(textOf(paper)).entries()) {
      const file = join(place, `block-${i}.${language === "ts" ? "mts" : "sh"}`);
      writeFileSync(file, code);
      const { args, env } = fromSource(file);
      const run = language === "ts" ? [process.execPath, ...args] : ["sh", "-eu", file];
      const { status, stdout, stderr } = spawnSync(run[0]!, run.slice(1), {
        cwd: place,
        env: { ...env, PATH: path },
        encoding: "utf8",
      });
      expect(status, `block ${i + 1} of ${paper}:\n${code}\n${stdout}\n${stderr}`).toBe(0);
    }
  });
});

it("TypeScript blocks have no type errors", () => {
  const place = mkdtempSync(join(projectRoot, "node_modules", ".docs-"));
  try {
    const blocks = papers.flatMap((paper) => blocksOf(textOf(paper)).filter(({ language }) => language === "ts"));
    expect(blocks.length).toBeGreaterThan(0);
    for (const [i, { code }] of blocks.entries()) writeFileSync(join(place, `block-${i}.mts`), code);
    const options = { extends: join(projectRoot, "tsconfig.json"), include: ["*.mts"] };
    writeFileSync(join(place, "tsconfig.json"), JSON.stringify(options));
    const compiler = join(projectRoot, "node_modules", "typescript", "bin", "tsc");
    const checked = spawnSync(process.execPath, [compiler, "-p", place], { encoding: "utf8" });
    expect(checked.stdout).toBe("");
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});

/** How GitHub names a heading in links. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");

it.each(papers)("links of %s lead somewhere", (paper) => {
  const prose = textOf(paper).replace(/^```[\s\S]*?^```/gm, "");
  for (const [, target] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^https?:/.test(target!)) continue;
    const [path = "", anchor] = target!.split("#");
    const file = path === "" ? paper : join(dirname(paper), path);
    expect(existsSync(join(projectRoot, file)), `${paper} links to ${target}`).toBe(true);
    if (anchor === undefined) continue;
    const headings = Array.from(textOf(file).matchAll(/^#+ (.*)$/gm), ([, heading]) => anchorOf(heading!));
    expect(headings, `${paper} links to ${target}`).toContain(anchor);
  }
});

it.each(Object.entries(pages))("%s is up to date: npm run docs writes it", async (file, text) => {
  expect(textOf(file)).toBe(await text());
});
