import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lossCases } from "../../parity/ops/loss.js";
import { runCases } from "../../parity/ops/run.js";
import { smpLossCases } from "../../parity/smp-losses.js";
import { checkGradients, evaluate, shared } from "../../test/evaluate.js";
import { gradients } from "../autodiff/index.js";
import { Graph } from "../graph/index.js";
import { elementCount, float32, int32, type Tensor } from "../runtime/tensor.js";
import { Random } from "../util/random.js";
import {
  buildLoss,
  type LossName,
  type LossOptions,
  losses,
  lossesFor,
  lossSchema,
  type Task,
  tasks,
} from "./index.js";

async function failures(cases: AsyncIterable<{ name: string; passed: boolean; detail: string }>) {
  const all = [];
  for await (const outcome of cases) all.push(outcome);
  return { failed: all.filter(({ passed }) => !passed), count: all.length };
}

const torch = shared("parity/ops/loss.json");
it.skipIf(!torch.present)("values and gradients equal PyTorch's", async () => {
  const json = JSON.parse(readFileSync(torch.path, "utf8"));
  expect(await failures(runCases(json, lossCases))).toEqual({ failed: [], count: json.cases.length });
});

const smp = shared("parity/smp/losses.json");
it.skipIf(!smp.present)("values and gradients equal segmentation_models.pytorch's", async () => {
  const json = JSON.parse(readFileSync(smp.path, "utf8"));
  expect(await failures(smpLossCases(json))).toEqual({ failed: [], count: json.cases.length });
});

/** Every loss with every task it is defined for. */
const pairs = tasks.flatMap((task) => lossesFor(task).map((name): [LossName, Task] => [name, task]));

const shapes: Record<Task, readonly [number, number, number, number]> = {
  binary: [2, 1, 3, 4],
  multiclass: [2, 4, 3, 4],
  multilabel: [2, 4, 3, 4],
};

const targetShape = (task: Task, [n, c, h, w]: readonly number[]): number[] =>
  task === "multilabel" ? [n!, c!, h!, w!] : [n!, h!, w!];

/** Labels by rule, the same for the same index: whatever is cut off at the end does not change the rest. */
function labels(task: Task, shape: readonly number[]): Tensor {
  const sizes = targetShape(task, shape);
  const random = new Random(1, "labels");
  return int32(
    Array.from({ length: elementCount(sizes) }, () => random.integer(task === "multiclass" ? shape[1]! : 2)),
    sizes,
  );
}

const numbers = (shape: readonly number[], scale: number): Tensor => {
  const random = new Random(2, "logits");
  return float32(
    Float32Array.from({ length: elementCount(shape) }, () => random.between(-scale, scale)),
    shape,
  );
};

/** Value and gradient of a loss. */
async function run(options: LossOptions, task: Task, logits: Tensor, target: Tensor) {
  const graph = new Graph();
  const x = graph.input("logits", "float32", logits.shape);
  const loss = buildLoss(options, task)(x, graph.input("target", target.dtype, target.shape));
  graph.output("loss", loss);
  graph.output("gradient", gradients(loss, [x])[0]!);
  const results = await evaluate(graph, { logits, target });
  return { value: results.loss!.data[0] as number, gradient: results.gradient!.data as Float32Array };
}

/** The last row of each image replaced: in the logits by `row`, in targets by 255. */
function withLastRow(tensor: Tensor, row: (i: number) => number): Tensor {
  const [h, w] = tensor.shape.slice(-2) as [number, number];
  const data = tensor.data.slice() as Float32Array;
  for (let i = 0; i < data.length; i++) if (Math.floor(i / w) % h === h - 1) data[i] = row(i);
  return { ...tensor, data };
}

describe.each(pairs)("loss %s for %s", (name, task) => {
  const shape = shapes[task];
  const options: LossOptions = { name };
  const target = labels(task, shape);

  it("has the gradient of central differences in float64", () =>
    checkGradients({
      inputs: { logits: shape },
      low: -2,
      high: 2,
      build: ({ logits }) =>
        buildLoss(options, task)(
          logits!,
          logits!.graph.constant(withLastRow(target, () => 255).data, target.shape, "int32"),
        ),
    }));

  it("is 0 at a prediction that is right and sure", async () => {
    const [n, c, h, w] = shape;
    const right = Float32Array.from({ length: elementCount(shape) }, (_, i) => {
      const [channel, pixel] = [Math.floor(i / (h * w)) % c, Math.floor(i / (c * h * w)) * h * w + (i % (h * w))];
      const positive = task === "multiclass" ? target.data[pixel] === channel : target.data[i] === 1;
      return positive ? 40 : -40;
    });
    expect(n * c * h * w).toBe(right.length);
    const { value } = await run(options, task, float32(right, shape), target);
    expect(Math.abs(value)).toBeLessThan(1e-4);
  });

  it("takes nothing from ignored pixels: same as without them, whatever their logits are", async () => {
    // All pixels kept, so that the share that mining keeps is the same number of pixels.
    const all = { ...options, ...{ bootstrapped: { keep: 1 }, ohem: { minKept: 0.999 } }[name as string] };
    const ignored = withLastRow(target, () => 255);
    const logits = withLastRow(numbers(shape, 3), () => 0);
    const [one, other] = [
      await run(all, task, logits, ignored),
      await run(
        all,
        task,
        withLastRow(logits, (i) => (i % 2 ? 50 : -50)),
        ignored,
      ),
    ];
    expect(other.value).toBe(one.value);
    expect(other.gradient).toEqual(one.gradient);
    const cut = (tensor: Tensor): Tensor => {
      const [h, w] = tensor.shape.slice(-2) as [number, number];
      const data = (tensor.data as Float32Array).filter((_, i) => Math.floor(i / w) % h < h - 1);
      return { ...tensor, data, shape: [...tensor.shape.slice(0, -2), h - 1, w] };
    };
    const without = await run(all, task, cut(logits), cut(target));
    expect(one.value).toBeCloseTo(without.value, 5);
    expect(cut({ dtype: "float32", shape, data: one.gradient }).data as Float32Array).toBeAllclose(without.gradient);
  });

  it("is finite for huge logits", async () => {
    const { value, gradient } = await run(options, task, numbers(shape, 1e4), target);
    expect(Number.isFinite(value)).toBe(true);
    expect(gradient.every(Number.isFinite)).toBe(true);
  });

  it("has no gradient where every pixel is ignored, and is 0 there unless it is a correlation", async () => {
    const nothing = { ...target, data: Int32Array.from(target.data as Int32Array, () => 255) };
    const { value, gradient } = await run(options, task, numbers(shape, 3), nothing);
    expect(value).toBeCloseTo(name === "mcc" ? 1 : 0, 12);
    expect(gradient.every((g) => g === 0)).toBe(true);
  });

  it("refuses options that it does not know", () => {
    expect(() => buildLoss({ name, speed: 1 }, task)).toThrow(`loss ${name} was given speed = 1`);
  });
});

describe.each([
  [{ name: "crossEntropy", classWeights: [1, 2, 0.5, 1], labelSmoothing: 0.1 }, "multiclass"],
  [{ name: "crossEntropy", reduction: "sum", ignoreIndex: null }, "multiclass"],
  [{ name: "binaryCrossEntropy", posWeight: [1, 2, 3, 4], labelSmoothing: 0.1 }, "multilabel"],
  [{ name: "dice", smooth: 1, logLoss: true, classes: [0, 2], classWeights: [1, 2, 3, 4] }, "multiclass"],
  [{ name: "tversky", alpha: 0.3, beta: 0.7, gamma: 1.5 }, "multiclass"],
  [{ name: "focal", gamma: 0.5, alpha: 0.3, normalized: true, classWeights: [1, 2, 3, 4] }, "multiclass"],
  [{ name: "focal", gamma: 0 }, "binary"],
  [{ name: "lovasz", perImage: true }, "multiclass"],
  [{ name: "lovasz", perImage: true }, "multilabel"],
  [{ name: "bootstrapped", keep: 0.5 }, "multiclass"],
] satisfies [LossOptions, Task][])("options %j for %s", (options, task) => {
  it("have the gradient of central differences in float64", () => {
    const target = labels(task, shapes[task]);
    return checkGradients({
      inputs: { logits: shapes[task] },
      build: ({ logits }) =>
        buildLoss(options, task)(logits!, logits!.graph.constant(target.data, target.shape, "int32")),
    });
  });
});

describe("labels", () => {
  const logits = numbers([1, 3, 1, 4], 2);

  it("outside the classes count as ignored", async () => {
    const odd = await run({ name: "crossEntropy" }, "multiclass", logits, int32([0, 77, -5, 2], [1, 1, 4]));
    const marked = await run({ name: "crossEntropy" }, "multiclass", logits, int32([0, 255, 255, 2], [1, 1, 4]));
    expect(odd).toEqual(marked);
  });

  it("that are a class can be ignored", async () => {
    const target = int32([0, 1, 2, 0], [1, 1, 4]);
    const without = await run({ name: "dice", ignoreIndex: 0 }, "multiclass", logits, target);
    const marked = await run({ name: "dice" }, "multiclass", logits, int32([255, 1, 2, 255], [1, 1, 4]));
    expect(without).toEqual(marked);
  });

  it("of a binary task may be shares, with or without a channel", async () => {
    const shares = [0.25, 1, 0, 0.5];
    const wide = await run(
      { name: "binaryCrossEntropy" },
      "binary",
      float32([0, 0, 0, 0], [1, 1, 2, 2]),
      float32(shares, [1, 1, 2, 2]),
    );
    const flat = await run(
      { name: "binaryCrossEntropy" },
      "binary",
      float32([0, 0, 0, 0], [1, 1, 2, 2]),
      float32(shares, [1, 2, 2]),
    );
    // At logits of 0 the loss is log 2 for any label, and the gradient (1/2 - y) / 4.
    expect(wide.value).toBeCloseTo(Math.log(2), 6);
    expect(wide.gradient).toBeAllclose(shares.map((y) => (0.5 - y) / 4));
    expect(flat).toEqual(wide);
  });
});

describe("lovasz", () => {
  it("of one image by hand: errors .9 (wrong), .6 (right class), .3 (wrong) add 1/2, 1/2 and 0", async () => {
    // Probabilities of class 1 are .9, .4, .3 and the second pixel is of class 1. Along the falling errors I/U of class 1 is
    // 1/2, 0/2, 0/3: increments 1/2, 1/2, 0. Of class 0 (pixels 1 and 3): 1/2, 1/3, 0/3: increments 1/2, 1/6, 1/3.
    const p = float32([0.1, 0.6, 0.7, 0.9, 0.4, 0.3], [1, 2, 1, 3]);
    const { value } = await run({ name: "lovasz", fromLogits: false }, "multiclass", p, int32([0, 1, 0], [1, 1, 3]));
    const [of0, of1] = [0.9 / 2 + 0.6 / 6 + 0.3 / 3, 0.9 / 2 + 0.6 / 2];
    expect(value).toBeCloseTo((of0 + of1) / 2, 6);
  });

  it("hinge without a positive pixel is the largest error", async () => {
    const { value } = await run(
      { name: "lovasz" },
      "binary",
      float32([-3, 0.5, -0.2], [1, 1, 1, 3]),
      int32([0, 0, 0], [1, 1, 3]),
    );
    expect(value).toBeCloseTo(1.5, 6);
  });
});

describe("lovasz hinge of two classes", () => {
  const two = numbers([2, 2, 3, 4], 2);
  const target = withLastRow(labels("binary", [2, 1, 3, 4]), () => 255);

  it("is that of a binary task on the difference of the logits", async () => {
    const plane = 12;
    const difference = Float32Array.from({ length: 24 }, (_, i) => {
      const at = Math.floor(i / plane) * 2 * plane + (i % plane);
      return (two.data[at + plane] as number) - (two.data[at] as number);
    });
    const hinge = await run({ name: "lovasz", hinge: true, perImage: true }, "multiclass", two, target);
    const binary = await run({ name: "lovasz", perImage: true }, "binary", float32(difference, [2, 1, 3, 4]), target);
    expect(hinge.value).toBeCloseTo(binary.value, 6);
  });

  it("has the gradient of central differences in float64", () =>
    checkGradients({
      inputs: { logits: [2, 2, 3, 4] },
      build: ({ logits }) =>
        buildLoss({ name: "lovasz", hinge: true }, "multiclass")(
          logits!,
          logits!.graph.constant(target.data, target.shape, "int32"),
        ),
    }));

  it("is refused for more", async () => {
    const more = run({ name: "lovasz", hinge: true }, "multiclass", numbers([2, 3, 3, 4], 2), target);
    await expect(more).rejects.toThrow("3 classes; expected two classes for the hinge");
  });
});

describe("bootstrapped", () => {
  it("averages the pixels that count where fewer than the kept share count", async () => {
    const logits = numbers([1, 3, 1, 4], 2);
    const target = int32([255, 2, 255, 255], [1, 1, 4]);
    const kept = await run({ name: "bootstrapped", keep: 0.5 }, "multiclass", logits, target);
    const plain = await run({ name: "crossEntropy" }, "multiclass", logits, target);
    expect(kept.value).toBeCloseTo(plain.value, 6);
  });
});

describe("choosing losses", () => {
  it("a list is the weighted sum of its losses", async () => {
    const logits = numbers([2, 4, 3, 4], 2);
    const target = labels("multiclass", [2, 4, 3, 4]);
    const [ce, dice, both] = await Promise.all([
      run({ name: "crossEntropy" }, "multiclass", logits, target),
      run({ name: "dice", weight: 0.5 }, "multiclass", logits, target),
      (async () => {
        const graph = new Graph();
        const loss = buildLoss([{ name: "crossEntropy" }, { name: "dice", weight: 0.5 }], "multiclass");
        graph.output("loss", loss(graph.input("x", "float32", logits.shape), graph.input("y", "int32", target.shape)));
        return (await evaluate(graph, { x: logits, y: target })).loss!.data[0] as number;
      })(),
    ]);
    expect(both).toBeCloseTo(ce.value + dice.value, 6);
  });

  it("a loss says which tasks it is defined for", () => {
    expect(() => buildLoss({ name: "crossEntropy" }, "binary")).toThrow(
      "loss crossEntropy for a binary task; expected a multiclass task",
    );
  });

  it("an unknown loss is named with the nearest known one", () => {
    expect(() => buildLoss({ name: "dicee" as LossName }, "binary")).toThrow(/loss dicee; .* Did you mean dice\?/);
  });

  it("class weights have to be as many as classes", () => {
    const graph = new Graph();
    const loss = buildLoss({ name: "crossEntropy", classWeights: [1, 2] }, "multiclass");
    const apply = () => loss(graph.input("x", "float32", [1, 3, 2, 2]), graph.input("y", "int32", [1, 2, 2]));
    expect(apply).toThrow("loss.crossEntropy: 2 weights; expected one weight for each of 3 classes");
  });

  it("a target of another size is refused with what to do", () => {
    const graph = new Graph();
    const loss = buildLoss({ name: "dice" }, "multiclass");
    const apply = () => loss(graph.input("x", "float32", [1, 3, 4, 4]), graph.input("y", "int32", [1, 8, 8]));
    expect(apply).toThrow(/loss\.dice: target \[1,8,8\]; expected a multiclass target \[1,4,4\]\. Resize/);
  });

  it.each(Object.keys(losses) as LossName[])("%s is described by JSON with its defaults", (name) => {
    expect(lossSchema.parse({ name })).toMatchObject({ name, weight: 1, ignoreIndex: 255 });
  });
});
