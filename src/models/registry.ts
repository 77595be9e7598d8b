/** @file The zoo: every architecture by name, looked up with suggestions, with its options checked. */
import { UsageError } from "../errors/index.js";
import { nearestNames } from "../util/nearest.js";
import { deconvnet } from "./deconvnet/model.js";
import { deeplabv1 } from "./deeplabv1/model.js";
import { deeplabv2 } from "./deeplabv2/model.js";
import { deeplabv3Contest } from "./deeplabv3/contest.js";
import { deeplabv3 } from "./deeplabv3/model.js";
import { deeplabv3Torchvision } from "./deeplabv3-torchvision/model.js";
import { deeplabv3plus } from "./deeplabv3plus/model.js";
import { deeplabv3plusUnimatch } from "./deeplabv3plus-unimatch/model.js";
import { dilatednet } from "./dilatednet/model.js";
import { duc } from "./duc/model.js";
import { enet } from "./enet/model.js";
import { erfnet } from "./erfnet/model.js";
import { fcDensenet } from "./fc-densenet/model.js";
import { fcn8sMeetps, fcn16sMeetps, fcn32sMeetps } from "./fcn/meetps.js";
import { fcn8s, fcn16s, fcn32s } from "./fcn/model.js";
import { fcnsZijundeng } from "./fcn/zijundeng.js";
import { fcnResnet } from "./fcn-resnet/model.js";
import { fpn } from "./fpn/model.js";
import { frrn } from "./frrn/model.js";
import { gcn } from "./gcn/model.js";
import { icnet } from "./icnet/model.js";
import { linknet } from "./linknet/model.js";
import { linknetEncoder } from "./linknet-encoder/model.js";
import { lraspp } from "./lraspp/model.js";
import { manet } from "./manet/model.js";
import type { Architecture } from "./model.js";
import { type GivenOptions, parseNetworkOptions } from "./options.js";
import { pan } from "./pan/model.js";
import { patchCnn } from "./patch-cnn/model.js";
import { pixelnet } from "./pixelnet/model.js";
import { pspnetContest } from "./pspnet/contest.js";
import { pspnetMeetps } from "./pspnet/meetps.js";
import { pspnet } from "./pspnet/model.js";
import { pspnetZijundeng } from "./pspnet/zijundeng.js";
import { refinenetLightWeight } from "./refinenet/light-weight.js";
import { refinenetMobilenet } from "./refinenet/mobilenet.js";
import { refinenet } from "./refinenet/model.js";
import { segaware } from "./segaware/model.js";
import { segformer } from "./segformer/model.js";
import { segnetBasic } from "./segnet/basic.js";
import { segnet } from "./segnet/model.js";
import { segnetZijundeng } from "./segnet/zijundeng.js";
import { unetContest } from "./unet/contest.js";
import { unetOverEncoder } from "./unet/over-encoder.js";
import { unetPaper } from "./unet/paper.js";
import { unet } from "./unet/plain.js";
import { unetZijundeng } from "./unet/zijundeng.js";
import { unetplusplus } from "./unetplusplus/model.js";
import { upernet } from "./upernet/model.js";

/** All architectures, in the order in which tables show them. */
export const architectures: readonly Architecture[] = [
  unet,
  unetOverEncoder,
  unetplusplus,
  unetPaper,
  unetContest,
  unetZijundeng,
  fcn32s,
  fcn16s,
  fcn8s,
  fcn32sMeetps,
  fcn16sMeetps,
  fcn8sMeetps,
  ...fcnsZijundeng,
  fcnResnet,
  segnet,
  segnetBasic,
  segnetZijundeng,
  deconvnet,
  deeplabv1,
  deeplabv2,
  deeplabv3,
  deeplabv3Torchvision,
  deeplabv3Contest,
  deeplabv3plus,
  deeplabv3plusUnimatch,
  lraspp,
  pspnet,
  pspnetContest,
  pspnetZijundeng,
  pspnetMeetps,
  icnet,
  upernet,
  refinenet,
  refinenetLightWeight,
  refinenetMobilenet,
  gcn,
  duc,
  fpn,
  linknet,
  linknetEncoder,
  manet,
  pan,
  segformer,
  enet,
  erfnet,
  fcDensenet,
  frrn,
  dilatednet,
  pixelnet,
  segaware,
  patchCnn,
];

/** What a model becomes when an encoder is asked for and it has none of its own. */
const overEncoder: { readonly [name: string]: string } = {
  unet: unetOverEncoder.name,
  linknet: linknetEncoder.name,
};

/**
 * The architecture of a name.
 *
 * @throws UsageError with the nearest names when there is none.
 */
export function findArchitecture(name: string): Architecture {
  const found = architectures.find((architecture) => architecture.name === name);
  if (found) return found;
  const names = architectures.map((architecture) => architecture.name);
  const near = nearestNames(name, names);
  throw new UsageError({
    expected: `one of ${names.join(", ")}`,
    found: `no model is named ${name}`,
    next: near.length ? `Did you mean ${near.join(" or ")}?` : "Run segkit models for the list.",
  });
}

/** An architecture with complete options: all that is needed, beside the number of classes, to build a network. */
export interface NetworkChoice {
  readonly architecture: Architecture;
  readonly options: GivenOptions;
}

/**
 * The architecture of a name with its options checked and defaults filled in. With an option `encoder`, `unet` and `linknet` mean
 * those over that encoder.
 *
 * @throws UsageError for an unknown model, option or value.
 */
export function chooseNetwork(name: string, given: GivenOptions = {}): NetworkChoice {
  const wanted = given.encoder === undefined ? name : (overEncoder[name] ?? name);
  const architecture = findArchitecture(wanted);
  return { architecture, options: parseNetworkOptions(architecture.options, given, wanted) as GivenOptions };
}
