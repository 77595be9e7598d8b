/** @file Builders of the normalisation fixtures. */
import {
  BatchNormalization,
  BatchNormTraining,
  type Graph,
  GroupNormalization,
  InstanceNormalization,
  L2Normalization,
  LayerNormalization,
  LocalResponseNormalization,
  movedMean,
  movedVariance,
  type Value,
} from "../../src/graph/index.js";
import type { OpTable } from "./run.js";

const vector = (graph: Graph, value: number, count: number): Value =>
  graph.constant(new Float32Array(count).fill(value), [count]);

export const normCases: OpTable = {
  batch_norm: ({ x, w, b, rm, rv }, { training, momentum, eps }, graph) => {
    const shape = x!.shape as number[];
    const channels = shape[1]!;
    const weight = w ?? vector(graph, 1, channels);
    const bias = b ?? vector(graph, 0, channels);
    if (!training) return { out: BatchNormalization(x!, weight, bias, rm!, rv!, { epsilon: eps }) };
    const { y, mean, variance } = BatchNormTraining(x!, weight, bias, { epsilon: eps });
    const out: { [name: string]: Value } = { out: y };
    if (rm && rv) {
      const count = shape.reduce((p, d) => p * d, 1) / channels;
      out.running_mean = movedMean(rm, mean, momentum);
      out.running_var = movedVariance(rv, variance, momentum, count);
    }
    return out;
  },
  group_norm: ({ x, w, b }, { groups, eps }) => ({ out: GroupNormalization(x!, groups, w!, b!, { epsilon: eps }) }),
  instance_norm: ({ x, w, b }, { eps }) => ({ out: InstanceNormalization(x!, w, b, { epsilon: eps }) }),
  layer_norm: ({ x, w, b }, { eps }) => ({ out: LayerNormalization(x!, w!, b!, { epsilon: eps }) }),
  local_response_norm: ({ x }, { size, alpha, beta, k }) => ({
    out: LocalResponseNormalization(x!, { size, alpha, beta, k }),
  }),
  normalize: ({ x }, { dim, eps }) => ({ out: L2Normalization(x!, dim, eps) }),
};
