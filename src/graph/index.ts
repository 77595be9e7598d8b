/** @file Graphs: symbolic tensors, operators with shape rules, printing, checking and lowering. */
export * from "./dim.js";
export * from "./flops.js";
export * from "./graph.js";
export * from "./lower.js";
export * from "./ops/index.js";
export * from "./print.js";
export * from "./receptive-field.js";
export * from "./types.js";
export * from "./verify.js";
export * from "./write.js";
