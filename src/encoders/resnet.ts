/**
 * @file ResNet (He et al. 2015, https://arxiv.org/abs/1512.03385) and ResNeXt (Xie et al. 2016, https://arxiv.org/abs/1611.05431)
 * with the parameter names of torchvision. As there the bottleneck's stride stands on its 3x3 convolution.
 *
 *     image ─ conv1 7x7/2 ─ pool 3x3/2 ─ layer1 ─ layer2/2 ─ layer3/2 ─ layer4/2 ─ average ─ fc
 *     basic               64             64       128        256        512
 *     bottleneck          64             256      512        1024       2048
 *
 * A deep stem is three 3x3 convolutions of 64, 64 and 128 channels instead of the 7x7 (PSPNet's ResNet).
 */
import { Flatten, GlobalAveragePool } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { linear } from "../nn/linear.js";
import { maxPool2d } from "../nn/pool.js";
import { expansion, type ResnetPlan, residualStage, resnetPlans, resnetStem } from "../nn/residual.js";
import type { Scope } from "../nn/scope.js";
import type { Encoder, EncoderOptions, Features } from "./encoder.js";

interface ResNetVariant extends ResnetPlan {
  readonly name: string;
  readonly title: string;
  /** Groups of the bottlenecks' 3x3 convolutions and channels of each in layer1; 1 and 64 for ResNet. */
  readonly groups?: number;
  readonly widthPerGroup?: number;
}

const variants: readonly ResNetVariant[] = [
  { name: "resnet18", title: "ResNet of 2-2-2-2 basic blocks", ...resnetPlans.resnet18 },
  { name: "resnet34", title: "ResNet of 3-4-6-3 basic blocks", ...resnetPlans.resnet34 },
  { name: "resnet50", title: "ResNet of 3-4-6-3 bottlenecks", ...resnetPlans.resnet50 },
  { name: "resnet101", title: "ResNet of 3-4-23-3 bottlenecks", ...resnetPlans.resnet101 },
  { name: "resnet152", title: "ResNet of 3-8-36-3 bottlenecks", ...resnetPlans.resnet152 },
  {
    name: "resnet50-deep-stem",
    title: "ResNet-50 that begins with three 3x3 convolutions",
    ...resnetPlans["resnet50-deep-stem"],
  },
  {
    name: "resnet101-deep-stem",
    title: "ResNet-101 that begins with three 3x3 convolutions",
    ...resnetPlans["resnet101-deep-stem"],
  },
  {
    name: "resnext50_32x4d",
    title: "ResNeXt-50 of 32 groups",
    ...resnetPlans.resnet50,
    groups: 32,
    widthPerGroup: 4,
  },
  {
    name: "resnext101_32x8d",
    title: "ResNeXt-101 of 32 groups",
    ...resnetPlans.resnet101,
    groups: 32,
    widthPerGroup: 8,
  },
];

function build(
  scope: Scope,
  image: Value,
  { block, layers, groups = 1, widthPerGroup = 64, stem: stemKind }: ResNetVariant,
  { depth = 5, outputStride = 32, firstDilation = "stage", multiGrid }: EncoderOptions,
): Features {
  const stem = resnetStem(scope, image, { width: 64, deep: stemKind === "deep", names: ["conv1", "bn1"] });
  const features = [image, stem];
  let x = depth > 1 ? maxPool2d(scope.at("maxpool"), stem, { kernel: 3, stride: 2, padding: 1 }) : stem;
  let dilation = 1;
  for (let stage = 0; stage < depth - 1; stage++) {
    const previous = dilation;
    const strides = stage > 0 && 4 * 2 ** stage <= outputStride;
    if (stage > 0 && !strides) dilation *= 2;
    const own = dilation;
    const grid = stage === 3 && own > 1 ? (multiGrid ?? [1]) : [1];
    x = residualStage(scope.at(`layer${stage + 1}`), x, {
      block,
      blocks: layers[stage]!,
      width: 64 * 2 ** stage,
      inner: widthPerGroup * groups * 2 ** stage,
      groups,
      stride: strides ? 2 : 1,
      dilation: (i) => grid[i % grid.length]! * (i === 0 && firstDilation === "previous" ? previous : own),
    });
    features.push(x);
  }
  return features;
}

/** The classifier: the mean over the last map, and a fully connected layer. */
function classify(scope: Scope, image: Value, numClasses: number, variant: ResNetVariant): Value {
  const last = build(scope, image, variant, {}).at(-1)!;
  const mean = scope.at("avgpool").run(() => Flatten(GlobalAveragePool(last), 1, 3));
  return linear(scope.at("fc"), mean, { outFeatures: numClasses });
}

/** ResNets and ResNeXts of every depth. */
export const resnets: readonly Encoder[] = variants.map((variant) => ({
  name: variant.name,
  title: variant.title,
  paper: variant.groups === undefined ? "https://arxiv.org/abs/1512.03385" : "https://arxiv.org/abs/1611.05431",
  channels: [
    variant.stem === "deep" ? 128 : 64,
    ...[64, 128, 256, 512].map((width) => width * expansion[variant.block]),
  ],
  build: (scope, image, options = {}) => build(scope, image, variant, options),
  classify: (scope, image, numClasses) => classify(scope, image, numClasses, variant),
}));
