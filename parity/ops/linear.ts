/** @file Builders of the fixtures of matrix products, patches, attention and reductions. */
import {
  Add,
  ArgMax,
  ArgMin,
  Conv,
  Fold,
  GlobalAveragePool,
  LogSumExp,
  MatMul,
  Max,
  Min,
  Mul,
  MultiHeadSelfAttention,
  ReduceMax,
  ReduceMean,
  Relu,
  Reshape,
  Resize,
  Sigmoid,
  StandardDeviation,
  Transpose,
  Unfold,
  Variance,
} from "../../src/graph/index.js";
import { pair } from "./pair.js";
import type { FixtureAttributes, OpTable } from "./run.js";

const patches = ({ kernel, dilation = 1, padding = 0, stride = 1 }: FixtureAttributes) => {
  const [y, x] = pair(padding);
  return { kernel: pair(kernel), dilations: pair(dilation), strides: pair(stride), pads: [y, x, y, x] as const };
};

export const linearCases: OpTable = {
  linear: ({ x, w, b }) => ({ out: Add(MatMul(x!, w!, { transB: true }), b!) }),
  matmul: ({ a, b }) => ({ out: MatMul(a!, b!) }),
  unfold: ({ x }, attrs) => ({ out: Unfold(x!, patches(attrs)) }),
  fold: ({ x }, attrs) => ({ out: Fold(x!, attrs.output, patches(attrs)) }),
  multi_head_attention: ({ x, win, bin_, wout, bout }, { heads }) => ({
    out: MultiHeadSelfAttention(x!, heads, { inWeight: win!, inBias: bin_, outWeight: wout!, outBias: bout }),
  }),
  "mean/var(unbiased)/std(biased) over (2,3); amax and logsumexp over 1": ({ x }) => ({
    out: ReduceMean(x!, { axes: [2, 3] }),
    var: Variance(x!, { axes: [2, 3], unbiased: true }),
    std0: StandardDeviation(x!, { axes: [2, 3] }),
    amax: ReduceMax(x!, { axes: [1] }),
    lse: LogSumExp(x!, { axes: [1] }),
  }),
  "argmax/argmin over 1 with ties": ({ x }) => ({ argmax1: ArgMax(x!, 1), argmin1: ArgMin(x!, 1) }),
  "squeeze and excitation": ({ x, w1, b1, w2, b2 }) => {
    const gate = Sigmoid(Conv(Relu(Conv(GlobalAveragePool(x!), w1!, b1!)), w2!, b2!));
    return { out: Mul(x!, gate) };
  },
  "maximum(a,b)+2*minimum(a,b)": ({ a, b }) => ({ out: Add(Max(a!, b!), Mul(Min(a!, b!), 2)) }),
  "ViT position embedding 3x3 -> 4x5, bicubic": ({ p }) => {
    const map = Reshape(Transpose(p!, [0, 2, 1]), [1, 4, 3, 3]);
    return { out: Transpose(Reshape(Resize(map, [4, 5], "bicubic"), [1, 4, 20]), [0, 2, 1]) };
  },
};
