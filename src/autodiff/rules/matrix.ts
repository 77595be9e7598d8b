/** @file Gradients of matrix products. */
import { MatMul, type matrixOps } from "../../graph/ops/index.js";
import { type RulesFor, sumToShape } from "../rule.js";

export const matrixRules: RulesFor<typeof matrixOps> = {
  // Y = A B: dA = dY B', dB = A' dY; a factor that was transposed gets the transposed gradient.
  MatMul: ({ x: [a, b], dy, attributes: { transA, transB } }) => {
    const da = transA ? MatMul(b!, dy, { transA: transB, transB: true }) : MatMul(dy, b!, { transB: !transB });
    const db = transB ? MatMul(dy, a!, { transA: true, transB: transA }) : MatMul(a!, dy, { transA: !transA });
    return [sumToShape(da, a!), sumToShape(db, b!)];
  },
};
