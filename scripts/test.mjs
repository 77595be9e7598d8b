/**
 * @file `npm test`: everything that has to be true before a change goes in. The last line is `N passed, N failed`, counting each
 * test, each parity case and each of the other checks; the exit code is 1 if any failed.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBuilt, ensureInstalled, programOf, requireNode, root, run } from "./ensure.mjs";

/**
 * Fixtures that `npm run parity` recomputes, as far as they are there; they lie beside the project, not in it. All networks but one
 * (Mask R-CNN is not built yet); CRFs, superpixels and the scores of detection, which are not built either, are left out by name.
 */
const parityPaths = [
  "ops",
  "optim",
  ...["confusion", "segmentation", "cityscapes", "smp_stats", "boundary_iou", "davis", "bf_score"].map(
    (name) => `metrics/${name}.json`,
  ),
  ...["contest", "enet", "erfnet", "meetps", "refinenet", "smp", "tiramisu", "wkentaro", "zijundeng"],
  ...[
    "alexnet",
    "deeplabv3_resnet50",
    "densenet121",
    "efficientnet_b0",
    "fcn_resnet50",
    "googlenet",
    "inception_v3",
  ].map((name) => `torchvision/${name}.json`),
  ...["lraspp_mobilenet_v3_large", "mobilenet_v2", "mobilenet_v3_large", "resnet18", "resnet50", "resnet101"].map(
    (name) => `torchvision/${name}.json`,
  ),
  ...["vgg16", "vgg16_bn"].map((name) => `torchvision/${name}.json`),
].map((path) => `../shared/parity/${path}`);

const node = (program, args, options) => run(process.execPath, [program, ...args], options);

/** A check that passes or fails as a whole. */
async function whole(running) {
  const { code } = await running;
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

/** All vitest projects, counted by the JSON report. */
async function tests() {
  const folder = mkdtempSync(join(tmpdir(), "segkit-test-"));
  const report = join(folder, "vitest.json");
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const { code } = await node(programOf("vitest"), ["run", ...reporters]);
    if (!existsSync(report)) return { passed: 0, failed: 1 };
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
    // A file that cannot be loaded fails without a single test in it.
    const broken = testResults.filter(
      ({ status, assertionResults }) =>
        status === "failed" && !assertionResults.some((test) => test.status === "failed"),
    ).length;
    // Errors outside any test leave only the exit code.
    const failed = Math.max(numFailedTests + broken, code === 0 ? 0 : 1);
    return { passed: numPassedTests, failed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Counts of a program whose last line is `N passed, N failed`. */
async function parity() {
  const paths = parityPaths.filter((path) => existsSync(join(root, path)));
  if (paths.length === 0) {
    console.log("left out: none of the fixtures is there");
    return { passed: 0, failed: 0 };
  }
  const { code, output } = await node("scripts/run.mjs", ["parity/main.ts", ...paths], { tee: true });
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/.exec(output.trimEnd().split("\n").at(-1)) ?? [];
  // Fixtures that are there and give no case at all prove nothing.
  if (passed === undefined || Number(passed) + Number(failed) === 0) return { passed: 0, failed: 1 };
  return { passed: Number(passed), failed: Math.max(Number(failed), code === 0 ? 0 : 1) };
}

const checks = [
  ["format and lint", () => whole(node(programOf("@biomejs/biome", "biome"), ["check", "--error-on-warnings", "."]))],
  ["types", () => whole(node(programOf("typescript", "tsc"), ["-p", "tsconfig.json"]))],
  ["tests", tests],
  ["parity", parity],
];

requireNode();
await ensureInstalled();
await ensureBuilt();
const results = [];
for (const [name, check] of checks) {
  console.log(`\n== ${name}`);
  const started = Date.now();
  const counts = await check();
  results.push({ name, ...counts, seconds: (Date.now() - started) / 1000 });
}
console.log();
for (const { name, passed, failed, seconds } of results)
  console.log(
    `${name.padEnd(16)}${failed > 0 ? "FAILED" : "ok    "} ${passed} passed, ${failed} failed, ${seconds.toFixed(0)} s`,
  );
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
process.exitCode = sum("failed") > 0 ? 1 : 0;
