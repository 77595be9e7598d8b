/**
 * @file Weights trained on ImageNet for encoders, as data: where they are, how to tell that they came whole, what images they were
 * trained on, and under which licence. None is part of Segkit; `--weights imagenet` downloads them.
 *
 * ImageNet's images are for non-commercial research; whether that binds weights trained on them is for users to judge.
 */

/** Weights of one encoder. */
export interface PretrainedWeights {
  /** The encoder's name here. */
  readonly encoder: string;
  /** What `--weights` takes: an address, or a place on the Hugging Face hub at a fixed revision. */
  readonly source: string;
  /** First digits of the file's SHA-256; on the hub the revision fixes the file, and the server tells its checksum. */
  readonly sha256?: string;
  /** Who published them, and where that is said. */
  readonly origin: string;
  /** Licence of the code and weights as published there. */
  readonly licence: string;
  /** Trainable numbers of the classifier, without auxiliary heads, where its publisher says so. */
  readonly parameters?: number;
  /** Mean and deviation of each colour (red, green, blue; pixels from 0 to 1) that images were normalised with. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

const imagenetColours = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const halfColours = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;

/**
 * torchvision's IMAGENET1K_V1: the file's name, whose end is the start of its SHA-256, and the number of parameters,
 * for inception_v3 without its auxiliary head (https://github.com/pytorch/vision/tree/v0.14.1/torchvision/models).
 */
const torchvision: { readonly [encoder: string]: readonly [file: string, parameters: number] } = {
  resnet18: ["resnet18-f37072fd", 11_689_512],
  resnet34: ["resnet34-b627a593", 21_797_672],
  resnet50: ["resnet50-0676ba61", 25_557_032],
  resnet101: ["resnet101-63fe2227", 44_549_160],
  resnet152: ["resnet152-394f9c45", 60_192_808],
  resnext50_32x4d: ["resnext50_32x4d-7cdf4587", 25_028_904],
  resnext101_32x8d: ["resnext101_32x8d-8ba56ff5", 88_791_336],
  vgg11: ["vgg11-8a719046", 132_863_336],
  vgg13: ["vgg13-19584684", 133_047_848],
  vgg16: ["vgg16-397923af", 138_357_544],
  vgg19: ["vgg19-dcbb9e9d", 143_667_240],
  vgg11_bn: ["vgg11_bn-6002323d", 132_868_840],
  vgg13_bn: ["vgg13_bn-abd245e5", 133_053_736],
  vgg16_bn: ["vgg16_bn-6c64b313", 138_365_992],
  vgg19_bn: ["vgg19_bn-c79401a0", 143_678_248],
  alexnet: ["alexnet-owt-7be5be79", 61_100_840],
  googlenet: ["googlenet-1378be20", 6_624_904],
  inception_v3: ["inception_v3_google-0cc3c7bd", 23_834_568],
  densenet121: ["densenet121-a639ec97", 7_978_856],
  densenet161: ["densenet161-8d451a50", 28_681_000],
  densenet169: ["densenet169-b2777c0a", 14_149_480],
  densenet201: ["densenet201-c1103571", 20_013_928],
  mobilenet_v2: ["mobilenet_v2-b0353104", 3_504_872],
  mobilenet_v3_small: ["mobilenet_v3_small-047dcff4", 2_542_856],
  mobilenet_v3_large: ["mobilenet_v3_large-8738ca79", 5_483_032],
  efficientnet_b0: ["efficientnet_b0_rwightman-3dd342df", 5_288_548],
  efficientnet_b1: ["efficientnet_b1_rwightman-533bc792", 7_794_184],
  efficientnet_b2: ["efficientnet_b2_rwightman-bcdf34b7", 9_109_994],
  efficientnet_b3: ["efficientnet_b3_rwightman-cf984f9c", 12_233_232],
  efficientnet_b4: ["efficientnet_b4_rwightman-7eb33cd5", 19_341_616],
  efficientnet_b5: ["efficientnet_b5_lukemelas-b6417697", 30_389_784],
  efficientnet_b6: ["efficientnet_b6_lukemelas-c76e70fd", 43_040_704],
  efficientnet_b7: ["efficientnet_b7_lukemelas-dcc49843", 66_347_960],
};

/** Encoders whose torchvision class turns normalised images back into the range -1 to 1 first; here they get that range at once. */
const backToHalf: readonly string[] = ["googlenet", "inception_v3"];

/** segmentation_models.pytorch's weights on the Hugging Face hub, each at the revision that project uses. */
const hubRevisions: { readonly [encoder: string]: string } = {
  "efficientnet-b0": "1bbe7ecc1d5ea1d2058de1a2db063b8701aff314",
  "efficientnet-b1": "5d637466a5215de300a8ccb13a39357df2df2bf4",
  "efficientnet-b2": "a96d4f0295ffbae18ebba173bf7f3c0c8f21990e",
  "efficientnet-b3": "074c54a6c473e0d294690d49cedb6cf463e7127d",
  "efficientnet-b4": "05cd5dde5dab658f00c463f9b9aa0ced76784f40",
  "efficientnet-b5": "69f4d28460a4e421b7860bc26ee7d832e03e01ca",
  "efficientnet-b6": "8570752016f7c62ae149cffa058550fe44e21c8b",
  "efficientnet-b7": "5a5dbe687d612ebc3dca248274fd1191111deda6",
  mit_b0: "9ce53d104d92d75aabb00aae70677aaab67e7c84",
  mit_b1: "a04bf4f13a549bce677cf79b04852e7510782817",
  mit_b2: "868ab6f13871dcf8c3d9f90ee4519403475b65ef",
  mit_b3: "32558d12a65f1daa0ebcf4f4053c4285e2c1cbda",
  mit_b4: "3a3454e900a4b4f11dd60eeb59101a9a1a36b017",
  mit_b5: "ced04d96c586b6297fd59a7a1e244fc78fdb6531",
  xception: "01cfaf27c11353b1f0c578e7e26d2c000ea91049",
};

const hubLicences: readonly (readonly [encoder: RegExp, licence: string])[] = [
  [/^efficientnet/, "Apache-2.0"],
  [/^mit_/, "NVIDIA Source Code License for SegFormer (non-commercial)"],
  [/^xception/, "BSD-3-Clause"],
];

/** Every entry by the encoder's name. */
export const imagenetWeights: ReadonlyMap<string, PretrainedWeights> = new Map<string, PretrainedWeights>([
  ...Object.entries(torchvision).map(([encoder, [file, parameters]]): [string, PretrainedWeights] => [
    encoder,
    {
      encoder,
      source: `https://download.pytorch.org/models/${file}.pth`,
      sha256: file.slice(file.lastIndexOf("-") + 1),
      origin: "torchvision, IMAGENET1K_V1",
      licence: "BSD-3-Clause",
      parameters,
      ...(backToHalf.includes(encoder) ? halfColours : imagenetColours),
    },
  ]),
  ...Object.entries(hubRevisions).map(([encoder, revision]): [string, PretrainedWeights] => [
    encoder,
    {
      encoder,
      source: `hf:smp-hub/${encoder}.imagenet@${revision}/model.safetensors`,
      origin: "segmentation_models.pytorch, imagenet",
      licence: hubLicences.find(([pattern]) => pattern.test(encoder))![1],
      ...(encoder === "xception" ? halfColours : imagenetColours),
    },
  ]),
]);
