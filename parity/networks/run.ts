/** @file Runs one network fixture: our network with the reference's weights must give its outputs, loss and gradients. */
import type { Tensors } from "../../src/runtime/session.js";
import { elementCount, type Tensor } from "../../src/runtime/tensor.js";
import type { ParityCase } from "../case.js";
import { type Built, build, named, run } from "./build.js";
import { compareOutput, moments, norm } from "./compare.js";
import { fillInput, fillState } from "./fill.js";
import { Findings } from "./findings.js";
import type { NetworkFixture } from "./fixture.js";
import { type ReferenceNetwork, referenceNetwork } from "./references/index.js";
import { compareTrain } from "./train.js";

/** The layer that a tensor belongs to: `encoder.bn1` for `encoder.bn1.running_mean`. */
const layerOf = (name: string): string => name.slice(0, Math.max(name.lastIndexOf("."), 0));

/**
 * Names, shapes and count of the state of the graph that trains: only that has auxiliary heads. Layers
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
    const whole = build(network, "train", (fixture.train ?? fixture).input.shape);
    if (compareState(findings, whole, fixture, weights)) {
      const feeds = Object.fromEntries(weights);
      await compareEval(findings, evaluated, fixture, feeds);
      if (findings.failed) findings.explain(`first difference: ${await firstDifference(network, fixture, feeds)}`);
      if (fixture.train) await compareTrain(findings, network, fixture, feeds);
    }
  } catch (error) {
    findings.fail(error instanceof Error ? error.message : String(error));
  }
  yield findings.result(fixture.case);
}
