/**
 * @file The training part of a network fixture: loss, outputs, running statistics and gradients of one step.
 *
 * Where a value of the forward pass lies within rounding of a kink (of a ReLU, of a maximum), two correct float32 programs can
 * have gradients that differ by more than the fixture allows, although its own runs agreed. So gradients that fail are calculated
 * again in float64: these have to be the reference's, and float32's may differ from them by no more than kinks explain.
 */
import { gradients } from "../../src/autodiff/index.js";
import type { NetworkState } from "../../src/nn/scope.js";
import type { Tensors } from "../../src/runtime/session.js";
import type { Tensor } from "../../src/runtime/tensor.js";
import { build, named, run } from "./build.js";
import { compareBatchNorm, compareGradient, compareOutput, norm } from "./compare.js";
import { fillInput, fillTarget } from "./fill.js";
import { Findings } from "./findings.js";
import type { FixtureTrain, NetworkFixture } from "./fixture.js";
import { fixtureLoss } from "./loss.js";
import type { ReferenceNetwork } from "./references/index.js";

/** How far float32's gradients may be from float64's, as a share of their norm or of the median parameter's. */
const kinks = 0.1;

interface Step {
  readonly state: NetworkState;
  readonly results: { readonly [name: string]: Tensor };
}

const wide = (tensor: Tensor): Tensor =>
  tensor.dtype === "float32"
    ? { ...tensor, dtype: "float64", data: Float64Array.from(tensor.data as Float32Array) }
    : tensor;

async function step(
  network: ReferenceNetwork,
  train: FixtureTrain,
  weights: Tensors,
  dtype: "float32" | "float64",
): Promise<Step> {
  const { graph, state, image, outputs } = build(network, "train", train.input.shape, dtype);
  const target = graph.input("target", "int32", train.target.shape);
  const heads = named(outputs, train.outputs);
  const loss = fixtureLoss(train.loss_is, heads, target);
  const parameters = Array.from(state.specs.values()).filter(({ kind }) => kind === "parameter");
  const slopes = gradients(loss, [image, ...parameters.map(({ value }) => value)]);

  graph.output("loss", loss);
  for (const [name, value] of Object.entries(heads)) graph.output(`output ${name}`, value);
  for (const [name, value] of state.updates) graph.output(`updated ${name}`, value);
  for (const [i, name] of ["#input", ...parameters.map((spec) => spec.name)].entries())
    if (slopes[i]) graph.output(`gradient of ${name}`, slopes[i]);

  const feeds = { ...weights, image: fillInput(train.input), target: fillTarget(train.target) };
  if (dtype === "float32") return { state, results: await run(graph, feeds) };
  const wideFeeds = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, wide(tensor)]));
  return { state, results: await run(graph, wideFeeds, "reference") };
}

/** All gradients of a step against the fixture's. */
function compareGradients({ results }: Step, train: FixtureTrain): Findings {
  const findings = new Findings();
  for (const gradient of [...train.grads, train.input_grad])
    compareGradient(findings, results[`gradient of ${gradient.name}`], gradient, train.grad_median_norm);
  return findings;
}

/** Gradients in float64 against the fixture's, and those in float32 against them. */
function compareExactly(exact: Step, single: Step, train: FixtureTrain): Findings {
  const findings = compareGradients(exact, train);
  for (const [name, { data }] of Object.entries(exact.results)) {
    const rounded = single.results[name];
    if (!name.startsWith("gradient of") || !rounded) continue;
    const difference = Float64Array.from(data as Float64Array, (value, i) => value - Number(rounded.data[i]));
    const size = Math.max(norm({ ...rounded, data } as Tensor), train.grad_median_norm);
    const distance = norm({ ...rounded, data: difference } as Tensor);
    findings.near("float32 beside float64", `distance of ${name}`, distance, 0, kinks * size);
  }
  return findings;
}

/** Runs one training step and compares all that the fixture tells of it. */
export async function compareTrain(
  findings: Findings,
  network: ReferenceNetwork,
  fixture: NetworkFixture,
  weights: Tensors,
): Promise<void> {
  const train = fixture.train!;
  const single = await step(network, train, weights, "float32");
  const { state, results } = single;
  const { train_out_max = 0, bn_stats = 0 } = fixture.f32_error;
  findings.near("loss", "loss", Number(results.loss!.data[0]), train.loss, 1e-4 * Math.abs(train.loss));
  for (const [name, expected] of Object.entries(train.outputs))
    compareOutput(findings, "train outputs", name, results[`output ${name}`], expected, train_out_max);
  const updated = Object.fromEntries(Array.from(state.updates.keys(), (name) => [name, results[`updated ${name}`]!]));
  for (const layer of train.batch_norm ?? []) compareBatchNorm(findings, updated, layer, bn_stats);

  const slopes = compareGradients(single, train);
  // A forward pass that differs explains its gradients.
  if (!slopes.failed || findings.failed) {
    findings.include(slopes);
    return;
  }
  const exact = compareExactly(await step(network, train, weights, "float64"), single, train);
  findings.include(exact);
  findings.note(`gradients in float64, as float32 crosses a kink: ${slopes.firstFailure}`);
}
