/** @file The command line program as users run it: the whole job on a tiny data set, and every kind of bad input. */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, segkit } from "./segkit.js";
import type { SmallSet } from "./small-sets.js";
import { planFor, writeRun } from "./tiny-run.js";
import { trainingSet } from "./training-set.js";

let set: SmallSet;
const at = (...parts: string[]): string => join(set.path, ...parts);
const run = (...args: string[]): Promise<Ended> => segkit(args).ended;

const trainArguments = ["--set", "width=4", "--set", "depth=2", "--batch", "2", "--device", "cpu", "--threads", "1"];

beforeAll(async () => {
  set = await trainingSet();
  const plan = await planFor(set.path, { size: [24, 32] });
  writeRun(at("work/run"), plan);
});
afterAll(() => set.remove());

/** One line that begins with `error:`, as the last thing said, and no stack trace. */
function expectOneError({ code, stderr }: Ended, exitCode: number, text: RegExp): void {
  const lines = stderr.trim().split("\n");
  expect(lines.filter((line) => line.startsWith("error: "))).toHaveLength(1);
  expect(lines.at(-1)).toMatch(/^error: /);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(lines.at(-1)).toMatch(text);
  expect(code).toBe(exitCode);
}

/** A copy of the data set to be spoilt. */
function copyOfSet(name: string): (...parts: string[]) => string {
  for (const part of ["train", "val", "classes.json"]) cpSync(at(part), at("copies", name, part), { recursive: true });
  return (...parts) => at("copies", name, ...parts);
}

describe("the whole job", () => {
  it("trains, evaluates, predicts and exports; the figures agree", async () => {
    const runDir = at("work/trained");
    const trained = await run("train", set.path, "--run", runDir, "--steps", "6", ...trainArguments);
    expect(trained.stderr).toMatch(/model: .*model\.onnx \(masks equal to the run's on \d/);
    expect(trained.code).toBe(0);

    const exported = await run("export", runDir, "--out", at("work/m.onnx"), "--json");
    expect(exported.code).toBe(0);
    const { version, gate, file } = JSON.parse(exported.stdout);
    expect([version, file, gate.images]).toEqual([1, at("work/m.onnx"), 2]);
    expect(gate.agreement).toBeGreaterThanOrEqual(0.999);

    const scores = at("work/scores.json");
    const evaluated = await run("eval", runDir, set.path, "--split", "val", "--out", at("work/ev"), "--json", scores);
    expect(evaluated.code).toBe(0);
    expect(evaluated.stdout).toMatch(/^class +iou +dice +precision +recall +pixels\n/);
    const report = JSON.parse(readFileSync(scores, "utf8"));
    expect(readdirSync(at("work/ev")).sort()).toEqual(["classes.json", "masks", "report.html", "scores.json"]);
    const bundle = await run("eval", at("work/m.onnx"), set.path, "--split", "val", "--json");
    expect(JSON.parse(bundle.stdout).confusion).toEqual(report.confusion);

    const predicted = await run("predict", at("work/m.onnx"), at("val/images"), "--out", at("work/p"), "--json");
    expect(predicted.code).toBe(0);
    const { images } = JSON.parse(predicted.stdout);
    expect(images.map(({ name }: { name: string }) => name)).toEqual(["0", "1"]);
    for (const name of ["0", "1"])
      expect(readFileSync(at(`work/p/${name}.png`))).toEqual(readFileSync(at(`work/ev/masks/${name}.png`)));
  });

  it("prints stable JSON of doctor, models and encoders", async () => {
    const doctor = JSON.parse((await run("doctor", set.path, "--json")).stdout);
    expect(Object.keys(doctor)).toEqual(
      "version dataset splits surveyed total findings counts frequencies weights ignoredShare outOfRange statistics".split(
        " ",
      ),
    );
    const models = JSON.parse((await run("models", "--json")).stdout);
    expect(Object.keys(models[0])).toEqual([
      ...["name", "title", "year", "paper", "keepsSize", "equals", "parameters", "gflops", "outputStride"],
      ...["receptiveField", "global", "options"],
    ]);
    expect(JSON.parse((await run("models", "unet", "--json")).stdout).options[0]).toMatchObject({
      name: "width",
      kind: "integer",
    });
    const encoders = JSON.parse((await run("encoders", "--json")).stdout);
    expect(Object.keys(encoders[0])).toEqual([
      ...[
        "name",
        "title",
        "paper",
        "channels",
        "outputStrides",
        "weights",
        "equals",
        "parameters",
        "gflops",
        "outputStride",
      ],
      ...["receptiveField", "global"],
    ]);
  });

  it("explains every command with examples", async () => {
    for (const command of ["doctor", "train", "eval", "predict", "export", "models"]) {
      const { code, stdout } = await run(command, "--help");
      expect(code).toBe(0);
      expect(stdout).toContain(`\nExamples:\n  segkit ${command}`);
    }
  });
});

describe("wrong usage is one line and exit code 2", () => {
  const cases: readonly (readonly [what: string, args: (at: typeof join) => string[], text: RegExp])[] = [
    ["an unknown command", () => ["trian"], /unknown command 'trian' \(Did you mean train\?\)/],
    ["an unknown option", () => ["models", "--jsno"], /unknown option '--jsno' \(Did you mean --json\?\)/],
    ["a missing argument", () => ["eval"], /missing required argument 'model'/],
    [
      "an unknown model",
      (p) => ["train", p("."), "--run", p("r1"), "--model", "unnet"],
      /no model is named unnet.*Did you mean unet/,
    ],
    [
      "an unknown encoder",
      (p) => ["train", p("."), "--run", p("r1"), "--encoder", "resnet43"],
      /no encoder is named resnet43.*Did you mean resnet34/,
    ],
    [
      "an unknown option of the network",
      (p) => ["train", p("."), "--run", p("r1"), "--set", "widht=4"],
      /widht.*Did you mean width/,
    ],
    [
      "an unknown optimizer",
      (p) => ["train", p("."), "--run", p("r1"), "--optimizer", "adan"],
      /adan.*Did you mean adam/,
    ],
    [
      "two lengths",
      () => ["train", "d", "--run", "r", "--epochs", "1", "--steps", "2"],
      /'--steps <n>' cannot be used with option '--epochs <n>'/,
    ],
    ["a new and an old run", () => ["train", "--resume", "a", "--run", "b"], /cannot be used with/],
    ["a size without height", () => ["eval", "m", "d", "--size", "360"], /expected HEIGHTxWIDTH/],
    ["an overlap without tiles", (p) => ["eval", p("work/run"), p("."), "--overlap", "0.5"], /--tiles/],
    [
      "views that are none",
      () => ["predict", "m", "i", "--out", "o", "--tta", "flp"],
      /Allowed choices are none, flip/,
    ],
    ["no folder for masks", () => ["predict", "m", "i"], /required option '--out <dir>' not specified/],
    [
      "an unknown split",
      (p) => ["eval", p("work/run"), p("."), "--split", "vla"],
      /has no split vla.*Did you mean --split val/,
    ],
    ["a run folder that holds a run", (p) => ["train", p("."), "--run", p("work/run")], /holds a run.*--resume/],
    [
      "a device that is not there",
      (p) => ["eval", p("work/run"), p("."), "--device", process.platform === "darwin" ? "dml" : "coreml"],
      /expected a working (dml|coreml) device/,
    ],
  ];
  it.each(cases)("%s", async (_, args, text) => {
    expectOneError(await run(...args((...parts) => at(...parts))), 2, text);
  });
});

describe("bad data is one line and exit code 1", () => {
  it("a missing data set, model, image or run", async () => {
    const commands = [
      ["doctor", at("vla")],
      ["train", at("vla"), "--run", at("r2")],
      ["eval", at("work/run"), at("vla")],
      ["predict", at("work/run"), at("vla"), "--out", at("o")],
    ];
    for (const args of commands)
      expectOneError(await run(...args), 1, /there is no such file or folder.*Did you mean .*val/);
    expectOneError(await run("eval", at("work/rnu"), set.path), 1, /Did you mean .*run\?/);
    expectOneError(await run("export", at("train")), 1, /expected a run folder with plan\.json/);
    expectOneError(await run("train", "--resume", at("train")), 1, /expected a run folder with plan\.json/);
    expect(existsSync(at("r2"))).toBe(false);
  });

  it("an empty split", async () => {
    const copy = copyOfSet("empty");
    rmSync(copy("train"), { recursive: true });
    mkdirSync(copy("train/images"), { recursive: true });
    mkdirSync(copy("train/masks"), { recursive: true });
    expectOneError(await run("train", copy(), "--run", at("r3")), 1, /has no images \(split train\)/);
  });

  it("an image without a mask", async () => {
    const copy = copyOfSet("unpaired");
    rmSync(copy("val/masks/1.png"));
    expectOneError(await run("eval", at("work/run"), copy(), "--split", "val"), 1, /1\.png: has no mask/);
    expectOneError(await run("train", copy(), "--run", at("r3")), 1, /1\.png: has no mask/);
  });

  it("a truncated and an unreadable image: the masks written before stay", async () => {
    const copy = copyOfSet("truncated");
    const bytes = readFileSync(copy("val/images/1.png"));
    writeFileSync(copy("val/images/1.png"), bytes.subarray(0, bytes.length / 2));
    const evaluated = await run("eval", at("work/run"), copy(), "--split", "val", "--out", at("kept"));
    expectOneError(evaluated, 1, /val\/images\/1\.png/);
    expect(readdirSync(at("kept/masks"))).toEqual(["0.png"]);
    const predicted = await run("predict", at("work/run"), copy("val/images"), "--out", at("kept-too"));
    expectOneError(
      predicted,
      1,
      /1 cannot, the first because .*1\.png: the PNG ends early.*expected 2 images.*The other 1 masks are in/,
    );
    expect(existsSync(at("kept-too/0.png"))).toBe(true);
    writeFileSync(copy("val/images/1.png"), "<html>not found</html>");
    expectOneError(await run("predict", at("work/run"), copy("val/images/1.png"), "--out", at("o")), 1, /web page/);
  });

  it("mask values outside the classes", async () => {
    const copy = copyOfSet("values");
    await set.mask(
      "copies/values/train/masks/0.png",
      Array.from({ length: 24 }, () => new Array<number>(32).fill(9)),
    );
    expectOneError(await run("train", copy(), "--run", at("r3"), ...trainArguments), 1, /9/);
    const doctor = await run("doctor", copy());
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toContain("error: ");
  });

  it("sizes that differ", async () => {
    const copy = copyOfSet("sizes");
    await set.mask("copies/sizes/val/masks/0.png", [[0, 1, 2]]);
    expectOneError(
      await run("eval", at("work/run"), copy(), "--split", "val"),
      1,
      /the mask is 1x3; expected the size/,
    );
    expectOneError(await run("train", copy(), "--run", at("r3"), ...trainArguments), 1, /size/);
  });

  it("a data set of other classes, images of other channels", async () => {
    const copy = copyOfSet("classes");
    writeFileSync(copy("classes.json"), JSON.stringify(["a", "b", "c", "d"]));
    expectOneError(
      await run("eval", at("work/run"), copy(), "--split", "val"),
      1,
      /the data set has 4.*expected the 3 classes/,
    );
    const bands = "../shared/data/geotiff/sen1floods11/Spain_7370579_S2Hand.tif";
    if (existsSync(bands))
      expectOneError(
        await run("predict", at("work/run"), bands, "--out", at("o")),
        1,
        /the image has 13; expected 3 channels/,
      );
  });

  it("a checkpoint of another network, a damaged one, a changed bundle", async () => {
    cpSync(at("work/run"), at("work/other"), { recursive: true });
    const plan = JSON.parse(readFileSync(at("work/other/plan.json"), "utf8"));
    plan.modelOptions.value.width = 6;
    writeFileSync(at("work/other/plan.json"), JSON.stringify(plan));
    expectOneError(await run("eval", at("work/other"), set.path), 1, /holds the tensors of another network/);
    cpSync(at("work/run"), at("work/damaged"), { recursive: true });
    const folder = at("work/damaged/checkpoints/best");
    const weights = join(folder, readdirSync(folder).find((name) => name.startsWith("weights"))!);
    const bytes = readFileSync(weights);
    bytes[bytes.length - 2]! ^= 1;
    writeFileSync(weights, bytes);
    expectOneError(await run("export", at("work/damaged")), 1, /another checksum/);
    writeFileSync(at("work/no.onnx"), "words");
    expectOneError(await run("eval", at("work/no.onnx"), set.path), 1, /no\.onnx: bytes that do not decode/);
  });
});

describe("places that cannot be written to are one line and exit code 1", () => {
  it("a folder below a file", async () => {
    writeFileSync(at("file"), "");
    expectOneError(
      await run("eval", at("work/run"), set.path, "--out", at("file/out")),
      1,
      /a part of the path is a file/,
    );
    expectOneError(await run("predict", at("work/run"), at("val/images"), "--out", at("file/out")), 1, /is a file/);
    expectOneError(await run("export", at("work/run"), "--out", at("file/m.onnx")), 1, /is a file/);
    expectOneError(await run("train", set.path, "--run", at("file/run"), "--steps", "1", ...trainArguments), 1, /file/);
  });

  // Root may write everywhere.
  it.skipIf(process.getuid?.() === 0)("a folder without permission", async () => {
    mkdirSync(at("locked"));
    chmodSync(at("locked"), 0o555);
    const predicted = await run("predict", at("work/run"), at("val/images"), "--out", at("locked/out"));
    expectOneError(predicted, 1, /no permission to write here/);
  });

  it("a full disk: what was written before stays, and no half file is left", async () => {
    // Lets the program write classes.json and the first mask, and refuses everything after that as a full disk does.
    const patch = `import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
const write = fs.writeSync; let calls = 0;
fs.writeSync = (...args) => { if (++calls > 2) throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }); return write(...args); };
syncBuiltinESMExports();`;
    const before = process.env.NODE_OPTIONS;
    process.env.NODE_OPTIONS = `${before ?? ""} --import data:text/javascript,${encodeURIComponent(patch)}`;
    const out = at("full");
    const ended = await run("predict", at("work/run"), at("val/images"), "--out", out);
    if (before === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = before;
    expectOneError(ended, 1, /1\.png: the disk is full.*nothing written before is lost/);
    expect(readdirSync(out).sort()).toEqual(["0.png", "classes.json"]);
  });
});

it("--debug shows the stack trace", async () => {
  const { code, stderr } = await run("eval", at("work/rnu"), set.path, "--debug");
  expect(code).toBe(1);
  expect(stderr).toMatch(/^\s+at /m);
});
