/** @file Compiling the forward pass in eval mode, for validation and prediction inside a training process. */
import { ArgMax, Cast, Graph, Softmax, type Value, verify, writeModel } from "../graph/index.js";
import { NetworkState, Scope } from "../nn/scope.js";
import { encodeModel } from "../onnx/model.js";
import { totalLoss } from "../semi/total-loss.js";
import type { LossFunction, StepSpec } from "./step.js";

export interface EvaluationSpec
  extends Pick<StepSpec, "network" | "batch" | "height" | "width" | "target" | "channelBlock"> {
  /** What comes out: class indices uint8 [N, H, W], or probabilities [N, K, H, W]. */
  readonly output: "prediction" | "probabilities";
  /** With it the graph has an input `target` int32 [N, H, W] and an output `loss`. */
  readonly loss?: LossFunction;
}

/** Compiles the forward pass in eval mode: input `image` and the network's state, output `prediction` or `probabilities`, and `loss` if asked for. */
export function compileEvaluation({
  network,
  batch,
  height,
  width,
  target,
  channelBlock,
  output,
  loss,
}: EvaluationSpec): Uint8Array {
  const graph = new Graph();
  const image = graph.input("image", "float32", [batch, network.channels, height, width]);
  const state = new NetworkState(graph, "eval");
  const outputs = network.architecture.build(new Scope(state), image, network.numClasses, network.options);
  graph.output(output, output === "prediction" ? predictionOf(outputs.logits) : Softmax(outputs.logits, 1));
  if (loss) graph.output("loss", totalLoss(outputs, graph.input("target", "int32", [batch, height, width]), loss));
  verify(graph);
  return encodeModel(writeModel(graph, { target, channelBlock, name: "evaluation" }));
}

/** Index of the largest logit of each pixel: uint8 [N, H, W] (uint16 would be needed beyond 256 classes: int32 then). */
export const predictionOf = (logits: Value): Value =>
  Cast(ArgMax(logits, 1), (logits.shape[1] as number) <= 256 ? "uint8" : "int32");
