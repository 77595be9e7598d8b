/**
 * @file A ResNet for tests of decoders: one block a stage and a quarter of the channels, so that it learns in a thirtieth of
 * ResNet-18's time. Decoders know no encoder's name: what they do with this one, they do with all.
 */
import type { Encoder, EncoderOptions, Features } from "../src/encoders/encoder.js";
import { encoders } from "../src/encoders/registry.js";
import type { Value } from "../src/graph/types.js";
import { maxPool2d } from "../src/nn/pool.js";
import { residualStage, resnetStem } from "../src/nn/residual.js";
import type { Scope } from "../src/nn/scope.js";

/** Channels behind the first convolution and behind each stage. */
const channels = [16, 16, 32, 64, 128] as const;

function build(scope: Scope, image: Value, options: EncoderOptions = {}): Features {
  const { depth = 5, outputStride = 32, firstDilation = "stage", multiGrid = [1] } = options;
  const stem = resnetStem(scope, image, { width: channels[0], deep: false, names: ["conv1", "bn1"] });
  const features = [image, stem];
  let x = maxPool2d(scope.at("maxpool"), stem, { kernel: 3, stride: 2, padding: 1 });
  let dilation = 1;
  for (let stage = 1; stage < depth; stage++) {
    const strides = stage > 1 && 2 ** (stage + 1) <= outputStride;
    const before = dilation;
    if (stage > 1 && !strides) dilation *= 2;
    const own = (firstDilation === "previous" ? before : dilation) * (stage === 4 && dilation > 1 ? multiGrid[0]! : 1);
    const shape = { block: "basic", blocks: 1, width: channels[stage]!, stride: strides ? 2 : 1 } as const;
    x = residualStage(scope.at(`layer${stage}`), x, { ...shape, dilation: () => own });
    features.push(x);
  }
  return features;
}

const thin: Encoder = {
  name: "thin-resnet",
  title: "ResNet for tests",
  paper: "https://arxiv.org/abs/1512.03385",
  channels,
  build,
  classify: () => {
    throw new Error("it classifies nothing");
  },
};

// Where encoders are looked up by name; only tests put one there.
(encoders as Encoder[]).push(thin);

export const thinEncoder = thin.name;
