/** @file Runs one network fixture: our network with the reference's weights must give its outputs, loss and gradients. */
import { gradients } from "../../src/autodiff/index.js";
import { Graph, verify, writeModel } from "../../src/graph/index.js";
import type { Value } from "../../src/graph/types.js";
import type { NetworkOutputs } from "../../src/models/model.js";
import { type Mode, NetworkState, Scope } from "../../src/nn/scope.js";
import { encodeModel } from "../../src/onnx/model.js";
import { Session, type Tensors } from "../../src/runtime/session.js";
import { elementCount, type Tensor } from "../../src/runtime/tensor.js";
import type { ParityCase } from "../case.js";
import { compareBatchNorm, compareGradient, compareOutput, moments, norm } from "./compare.js";
import { fillInput, fillState, fillTarget } from "./fill.js";
import { Findings } from "./findings.js";
import type { FixtureTensor, FixtureTrain, NetworkFixture } from "./fixture.js";
import { fixtureLoss } from "./loss.js";
import { type ReferenceNetwork, referenceNetwork } from "./references/index.js";

interface Built {
  readonly graph: Graph;
  readonly state: NetworkState;
  readonly image: Value;
  readonly outputs: NetworkOutputs;
}

function build(network: ReferenceNetwork, mode: Mode, shape: readonly number[]): Built {
  const graph = new Graph();
  const state = new NetworkState(graph, mode);
  const image = graph.input("image", "float32", shape);
  return { graph, state, image, outputs: network(new Scope(state), image) };
}

/** Our outputs under the fixture's names: the first is the prediction, the others are auxiliary heads in their order. */
function named(
  outputs: NetworkOutputs,
  expected: { readonly [name: string]: FixtureTensor },
): { readonly [name: string]: Value } {
  const ours = [outputs.logits, ...(outputs.aux ?? []).map((head) => head.logits)];
  return Object.fromEntries(Object.keys(expected).flatMap((name, i) => (ours[i] ? [[name, ours[i]]] : [])));
}

async function run(graph: Graph, feeds: Tensors): Promise<{ [name: string]: Tensor }> {
  verify(graph);
  const session = await Session.create(encodeModel(writeModel(graph, { target: "cpu" })), { threads: 2 });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** The layer that a tensor belongs to: `encoder.bn1` for `encoder.bn1.running_mean`. */
const layerOf = (name: string): string => name.slice(0, Math.max(name.lastIndexOf("."), 0));

/**
 * Names, shapes and count of the state, of the graph that trains where there is one: only that has auxiliary heads. Layers
 * that the reference has but never runs (no gradient at all) may be left out. Returns whether the fixture's weights fit.
 */
function compareState(
  findings: Findings,
  { state }: Built,
  fixture: NetworkFixture,
  weights: Map<string, Tensor>,
): boolean {
  const line = (name: string, shape: readonly number[], buffer: boolean): string =>
    `${name} [${shape}]${buffer ? " buffer" : ""}`;
  const ours = new Set(Array.from(state.specs.values(), (s) => line(s.name, s.shape, s.kind === "buffer")));
  const idle = new Set((fixture.train?.grads ?? []).filter(({ none }) => none).map(({ name }) => layerOf(name)));
  let count = 0;
  for (const { name, shape, buffer = false, alias } of fixture.params) {
    const text = line(name, shape, buffer);
    if (alias !== undefined) continue;
    const present = ours.delete(text);
    if (!present && !idle.has(layerOf(name))) findings.fail(`the network has no ${text}`);
    if (!present && !buffer) count += elementCount(shape);
  }
  for (const text of ours) findings.fail(`the reference has no ${text}`);
  for (const { kind, shape } of state.specs.values()) if (kind === "parameter") count += elementCount(shape);
  findings.equal("number of parameters", count, fixture.parameter_count);
  const squares = fixture.params.reduce((sum, { name }) => sum + norm(weights.get(name)!) ** 2, 0);
  findings.near("filled state", "norm of the state", Math.sqrt(squares), fixture.state_l2, 1e-6 * fixture.state_l2);
  return !findings.failed;
}

async function compareEval(
  findings: Findings,
  { graph, outputs }: Built,
  fixture: NetworkFixture,
  weights: Tensors,
): Promise<void> {
  const heads = named(outputs, fixture.eval);
  for (const [name, value] of Object.entries(heads)) graph.output(name, value);
  const results = await run(graph, { ...weights, image: fillInput(fixture.input) });
  for (const [name, expected] of Object.entries(fixture.eval)) {
    // Our auxiliary heads exist while training only, and are compared there.
    if (!(name in heads) && name in (fixture.train?.outputs ?? {})) continue;
    compareOutput(findings, "outputs", name, results[name], expected, fixture.f32_error.eval_max);
  }
}

async function compareTrain(
  findings: Findings,
  network: ReferenceNetwork,
  train: FixtureTrain,
  fixture: NetworkFixture,
  weights: Tensors,
): Promise<void> {
  const { graph, state, image, outputs } = build(network, "train", train.input.shape);
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
  const results = await run(graph, feeds);
  const { train_out_max = 0, bn_stats = 0 } = fixture.f32_error;
  findings.near("loss", "loss", Number(results.loss!.data[0]), train.loss, 1e-4 * Math.abs(train.loss));
  for (const [name, expected] of Object.entries(train.outputs))
    compareOutput(findings, "train outputs", name, results[`output ${name}`], expected, train_out_max);
  const updated = Object.fromEntries(Array.from(state.updates.keys(), (name) => [name, results[`updated ${name}`]!]));
  for (const layer of train.batch_norm ?? []) compareBatchNorm(findings, updated, layer, bn_stats);
  for (const gradient of [...train.grads, train.input_grad])
    compareGradient(findings, results[`gradient of ${gradient.name}`], gradient, train.grad_median_norm);
}

/** The first module of the reference's trace whose output has another mean or deviation than ours. */
async function firstDifference(network: ReferenceNetwork, fixture: NetworkFixture, weights: Tensors): Promise<string> {
  const { graph } = build(network, "eval", fixture.input.shape);
  for (const [name] of fixture.trace) {
    const node = graph.nodes.findLast(({ scope }) => scope === name);
    if (node && !graph.outputs.some((output) => output.name === name)) graph.output(name, node.outputs[0]!);
  }
  const results = await run(graph, { ...weights, image: fillInput(fixture.input) });
  for (const [name, , mean, std] of fixture.trace) {
    const found = results[name] && moments(results[name]);
    if (!found) return `${name} has no counterpart`;
    if (Math.abs(found.mean - mean) > 1e-3 * std || Math.abs(found.deviation - std) > 1e-3 * std)
      return `${name} has mean ${found.mean} and deviation ${found.deviation}, expected ${mean} and ${std}`;
  }
  return "none in eval mode";
}

/** Runs a network fixture as one case. */
export async function* runNetworkFixture(json: unknown): AsyncGenerator<ParityCase> {
  const fixture = json as NetworkFixture;
  const findings = new Findings();
  try {
    const network = referenceNetwork(fixture);
    const weights = fillState(fixture.params, fixture.generator.gain);
    const evaluated = build(network, "eval", fixture.input.shape);
    const whole = fixture.train ? build(network, "train", fixture.train.input.shape) : evaluated;
    if (compareState(findings, whole, fixture, weights)) {
      const feeds = Object.fromEntries(weights);
      await compareEval(findings, evaluated, fixture, feeds);
      if (findings.failed) findings.explain(`first difference: ${await firstDifference(network, fixture, feeds)}`);
      if (fixture.train) await compareTrain(findings, network, fixture.train, fixture, feeds);
    }
  } catch (error) {
    findings.fail(error instanceof Error ? error.message : String(error));
  }
  yield findings.result(fixture.case);
}
