/** @file Runs that start from weights: what is loaded, what is frozen, what is refused before anything is made. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findEncoder } from "../src/encoders/registry.js";
import { CheckpointError, UsageError } from "../src/errors/index.js";
import { Graph } from "../src/graph/index.js";
import { initialize } from "../src/nn/initializers.js";
import { NetworkState, Scope } from "../src/nn/scope.js";
import { loadCheckpoint } from "../src/train/checkpoint.js";
import { readPlan, writePlan } from "../src/train/plan.js";
import { exportModel } from "../src/verbs/export.js";
import { type TrainEvent, type TrainOptions, train } from "../src/verbs/train.js";
import { encodeSafetensors } from "../src/weights/index.js";
import type { NamedTensor, NamedTensors } from "../src/weights/tensor.js";
import { fingerprint, resultOf } from "./run-folder.js";
import { segkit } from "./segkit.js";
import type { SmallSet } from "./small-sets.js";
import { trainingSet } from "./training-set.js";

const options = {
  ...{ model: "unet", set: { width: 2, depth: 2 }, batch: 2, steps: 4, seed: 2 },
  ...{ device: "cpu", threads: 1, workers: 1, doctor: false },
} as const;

let set: SmallSet;
/** A trained run, its best weights, these as a file, and the model they were exported to. */
let first: string;
let trained: NamedTensors;
let file: string;
let model: string;
let count = 0;
const newRun = (): string => set.at("runs", String(count++));

async function run(given: TrainOptions, onEvent: (event: TrainEvent, stop: () => void) => void = () => {}) {
  const controller = new AbortController();
  const events: TrainEvent[] = [];
  for await (const event of train({ ...given, signal: controller.signal })) {
    events.push(event);
    onEvent(event, () => controller.abort());
  }
  return events;
}

/** Trains from weights; gives the run folder and what the run said of them. */
async function runFrom(weights: string, more: Partial<TrainOptions> = {}) {
  const runDir = newRun();
  const events = await run({ ...options, data: set.path, run: runDir, weights, ...more });
  return { runDir, event: events.find((event) => event.kind === "weights")!, events };
}

const tensorsOf = (runDir: string): NamedTensors => loadCheckpoint(runDir, "last").weights;
const write = (name: string, tensors: NamedTensors): string =>
  set.bytes(name, Buffer.concat(encodeSafetensors(tensors)));

/** The names of tensors that two checkpoints have bit for bit. */
const equalNames = (a: NamedTensors, b: NamedTensors): string[] =>
  [...a].flatMap(([name, { data }]) => (Buffer.compare(view(data), view(b.get(name)!.data)) === 0 ? [name] : []));
const view = (data: NamedTensor["data"]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

beforeAll(async () => {
  set = await trainingSet(6, 2);
  first = newRun();
  await run({ ...options, data: set.path, run: first, seed: 1 });
  trained = loadCheckpoint(first, "best").weights;
  file = write("w/first.safetensors", trained);
  model = set.at("w/first.onnx");
  for await (const _ of exportModel({ run: first, out: model, device: "cpu", threads: 1 }));
});
afterAll(() => set.remove());

describe("a run from weights", () => {
  it("begins with them: without learning rate they stay as they were", async () => {
    const still = { optimizer: "sgd", optimizerOptions: { momentum: 0, weightDecay: 0 }, lr: 1e-30 };
    const { runDir, event } = await runFrom(file, { ...still, frozenNorm: "all" });
    const [before, after] = [trained, tensorsOf(runDir)];
    expect(equalNames(before, after)).toEqual([...before.keys()]);
    expect(event).toMatchObject({ source: file, part: "", report: { left: [], ignored: [], adapted: [] } });
    const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
    expect(readPlan(runDir).weights).toEqual({ value: { source: file, sha256, partial: false }, reason: "given" });
    const random = newRun();
    await run({ ...options, data: set.path, run: random, ...still });
    expect(equalNames(before, tensorsOf(random)).length).toBeLessThan(before.size / 2);
  });

  it("is the same from an exported model, whose constants are left aside", async () => {
    const [fromFile, fromModel] = [await runFrom(file), await runFrom(model)];
    expect(fromModel.event.report.left).toEqual([]);
    expect(fromModel.event.report.ignored.length).toBeGreaterThan(0);
    expect(fingerprint(fromModel.runDir, "last").weights).toEqual(fingerprint(fromFile.runDir, "last").weights);
  });

  it("goes on without the file, and ends as one that never stopped", async () => {
    const copy = write("w/copy.safetensors", trained);
    const { runDir: undisturbed } = await runFrom(copy);
    const stopped = newRun();
    await run({ ...options, data: set.path, run: stopped, weights: copy }, (event, stop) => {
      if (event.kind === "step" && event.step === 2) stop();
    });
    renameSync(copy, `${copy}.away`);
    const events = await run({ resume: stopped });
    expect(events.some((event) => event.kind === "weights")).toBe(false);
    expect(resultOf(stopped)).toEqual(resultOf(undisturbed));
  });

  it("that was killed before its first checkpoint begins with them again, and with no others", async () => {
    const copy = write("w/planned.safetensors", trained);
    const { runDir: undisturbed } = await runFrom(copy);
    const killed = newRun();
    mkdirSync(killed, { recursive: true });
    writePlan(killed, readPlan(undisturbed));
    await run({ resume: killed });
    expect(resultOf(killed)).toEqual(resultOf(undisturbed));
    const other = newRun();
    mkdirSync(other, { recursive: true });
    writePlan(other, readPlan(undisturbed));
    write("w/planned.safetensors", tensorsOf(undisturbed));
    await expect(run({ resume: other })).rejects.toThrow(/as when the run was planned/);
  });

  it("leaves a head for other classes at random, and takes a first convolution for other channels", async () => {
    const tensors = new Map(trained);
    const [name, kernel] = [...tensors].find(([, { shape }]) => shape.length === 4)!;
    const [out, , ...rest] = kernel.shape as [number, number, number, number];
    const data = new Float32Array(out * 5 * rest[0] * rest[1]).fill(0.25);
    tensors.set(name, { dtype: "float32", shape: [out, 5, ...rest], data });
    const heads = [...tensors].filter(([, { shape }]) => shape[0] === 3);
    for (const [head, { shape }] of heads)
      tensors.set(head, {
        dtype: "float32",
        shape: [21, ...shape.slice(1)],
        data: new Float32Array((21 * shape.reduce((p, d) => p * d, 1)) / 3),
      });
    const { event } = await runFrom(write("w/other.safetensors", tensors), { steps: 1 });
    expect(event.report.left).toEqual(heads.map(([head]) => head));
    expect(event.report.adapted).toEqual([{ name, how: "from 5 to 3 channels" }]);
  });

  it("with a frozen encoder leaves it bit for bit as it was, under a moving average too", async () => {
    const { runDir } = await runFrom(file, { freeze: "encoder", ema: 0.9, optimizerOptions: { weightDecay: 0.1 } });
    const [before, after] = [trained, tensorsOf(runDir)];
    const frozen = [...before.keys()].filter((name) => name.startsWith("encoder."));
    expect(equalNames(before, after)).toEqual(frozen);
    const { ema } = loadCheckpoint(runDir, "last");
    expect([...ema.keys()].filter((name) => name.startsWith("encoder."))).toEqual([]);
    expect(ema.size).toBe(before.size - frozen.length);
  });
});

describe("a classifier's weights in a U-Net over its encoder", () => {
  const overResnet = { encoder: "resnet18", set: { decoderChannels: [8, 8, 4, 4, 4] }, batch: 2, steps: 1 };
  let classifier: Map<string, NamedTensor>;

  beforeAll(() => {
    const graph = new Graph();
    const state = new NetworkState(graph, "eval");
    const image = graph.input("image", "float32", [1, 3, 64, 64]);
    findEncoder("resnet18").classify(new Scope(state), image, 1000);
    const values = initialize(state.specs.values(), 9);
    classifier = new Map(
      Array.from(state.specs.values(), ({ name, shape }) => [
        name,
        { dtype: "float32", shape, data: values.get(name)! },
      ]),
    );
    classifier.set("bn1.num_batches_tracked", { dtype: "int64", shape: [], data: BigInt64Array.of(7n) });
  });

  it("are downloaded, become its encoder, and stay so where it is frozen", async () => {
    const bytes = Buffer.concat(encodeSafetensors(classifier));
    const server = createServer((_, response) =>
      response.writeHead(200, { "content-length": bytes.length }).end(bytes),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    process.env.SEGKIT_CACHE = set.at("cache");
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/resnet18.safetensors`;
      const { runDir, event, events } = await runFrom(url, { ...overResnet, freeze: "encoder" });
      expect(events.filter(({ kind }) => kind === "fetching").at(-1)).toMatchObject({ done: bytes.length });
      expect(event.report).toMatchObject({ reading: "as encoder", ignored: ["fc.weight", "fc.bias"] });
      const after = tensorsOf(runDir);
      const encoder = new Map([...classifier].map(([name, tensor]) => [`encoder.${name}`, tensor]));
      for (const name of encoder.keys()) if (!after.has(name)) encoder.delete(name);
      expect(equalNames(encoder, after)).toEqual([...encoder.keys()]);
      expect([...after.keys()].filter((name) => name.startsWith("encoder."))).toHaveLength(classifier.size - 3);
    } finally {
      delete process.env.SEGKIT_CACHE;
      server.closeAllConnections();
      server.close();
    }
  });

  it("are refused by another encoder, before there is a run folder", async () => {
    const weights = write("w/resnet18.safetensors", classifier);
    const runDir = newRun();
    const wrong = run({ ...options, ...overResnet, encoder: "resnet34", data: set.path, run: runDir, weights });
    await expect(wrong).rejects.toThrow(CheckpointError);
    await expect(wrong).rejects.toThrow(/missing \(encoder\.layer1\.2\.conv1\.weight/);
    expect(existsSync(runDir)).toBe(false);
    const { event } = await runFrom(weights, { ...overResnet, encoder: "resnet34", partialWeights: true });
    expect(event.report.loaded).toHaveLength(classifier.size - 3);
  });
});

describe("segkit train --weights", () => {
  const common = [
    "--set",
    "width=2",
    "--set",
    "depth=2",
    "--batch",
    "2",
    "--device",
    "cpu",
    "--threads",
    "1",
    "--no-doctor",
  ];
  const golden = (name: string): string => fileURLToPath(new URL(`golden/weights/${name}`, import.meta.url));
  const fails = async (code: number, text: RegExp, ...args: string[]) => {
    const runDir = newRun();
    const ended = await segkit(["train", set.path, "--run", runDir, ...common, ...args]).ended;
    expect(ended.stderr.trim().split("\n").at(-1)).toMatch(text);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
    expect([ended.code, ended.stdout, existsSync(runDir)]).toEqual([code, "", false]);
  };

  it("says what it loaded and trains on", async () => {
    const runDir = newRun();
    const { code, stderr } = await segkit([
      "train",
      set.path,
      "--run",
      runDir,
      ...common,
      "--steps",
      "1",
      "--weights",
      file,
    ]).ended;
    expect(stderr).toMatch(/^ {2}weights +\/.*first\.safetensors {2}\(given\)$/m);
    expect(stderr).toMatch(/^weights: .*first\.safetensors, SHA-256 [0-9a-f]{8}$/m);
    expect(stderr).toMatch(/^ {2}(\d+) of \1 tensors loaded$/m);
    expect(code).toBe(0);
  });

  it("refuses a malicious pickle, a truncated file, another network and a file that is not there", async () => {
    await fails(
      1,
      /^error: .*asks for the Python object posix\.system; .*Nothing was executed/,
      "--weights",
      golden("malicious.pth"),
    );
    await fails(1, /^error: .*truncated\?/, "--weights", golden("truncated-zip.pth"));
    await fails(1, /^error: .*holds no tensor of this network, but conv\.weight/, "--weights", golden("zip.pth"));
    await fails(1, /^error: .*none\.pth: the file does not exist/, "--weights", set.at("none.pth"));
    await fails(1, /^error: .*is a folder; .*of a run its model\.onnx/, "--weights", first);
  });

  it("takes no imagenet for a network without an encoder, and no stages of one", async () => {
    await fails(
      2,
      /^error: imagenet for a network without a named encoder; .*Add --encoder NAME/,
      "--weights",
      "imagenet",
    );
    await fails(2, /^error: freezing the encoder of unet, which has none by name/, "--freeze", "stages:1");
    await fails(2, /^error: .*freeze.*expected freeze: .*none, encoder or stages:N/, "--freeze", "half");
    await expect(run({ resume: first, weights: file })).rejects.toThrow(UsageError);
  });
});
