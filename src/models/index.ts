/** @file The zoo: architectures and the encoders they take. */
export type { Encoder, EncoderOptions, Features, OutputStride } from "../encoders/encoder.js";
export { encoderNames, encoders, findEncoder } from "../encoders/registry.js";
export { type Buildable, type FactsOptions, type LayerFacts, type NetworkFacts, networkFacts } from "./describe.js";
export { checkGridding, type GriddingVerdict } from "./duc/gridding.js";
export type { Architecture, NetworkOutputs } from "./model.js";
export { describeOptions, type GivenOptions, type OptionDescription } from "./options.js";
export { architectures, chooseNetwork, findArchitecture, type NetworkChoice } from "./registry.js";
