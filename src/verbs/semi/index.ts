/** @file Public face of semi-supervised training. */
export type { LabelRecord, RoundRecord } from "../../train/semi-state.js";
export { chooseSemiMethod, type SemiMethod, semiMethods } from "./methods.js";
export type { RoundEvent } from "./rounds.js";
export { type SemiEvent, type SemiOptions, semi } from "./semi.js";
export { hasSweep, type SweepEvent, type SweepOptions, type SweepRow, sweepSemi } from "./sweep.js";
export { parseAxis, type SweepAxis } from "./sweep-axis.js";
