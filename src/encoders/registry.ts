/** @file Every encoder by name, looked up with suggestions. */
import { UsageError } from "../errors/index.js";
import { nearestNames } from "../util/nearest.js";
import { alexnets } from "./alexnet.js";
import { alignedXceptions } from "./aligned-xception.js";
import { densenets } from "./densenet.js";
import { efficientnets } from "./efficientnet.js";
import type { Encoder } from "./encoder.js";
import { googlenets } from "./googlenet.js";
import { inceptions } from "./inception.js";
import { mits } from "./mit.js";
import { mobilenetV2s } from "./mobilenet-v2.js";
import { mobilenetV3s } from "./mobilenet-v3.js";
import { resnets } from "./resnet.js";
import { vggs } from "./vgg.js";
import { xceptions } from "./xception.js";

/** All encoders, in the order in which tables show them. */
export const encoders: readonly Encoder[] = [
  ...resnets,
  ...vggs,
  ...alexnets,
  ...googlenets,
  ...inceptions,
  ...densenets,
  ...xceptions,
  ...alignedXceptions,
  ...mits,
  ...mobilenetV2s,
  ...mobilenetV3s,
  ...efficientnets,
];

export const encoderNames: readonly string[] = encoders.map((encoder) => encoder.name);

/**
 * The encoder of a name.
 *
 * @throws UsageError with the nearest names when there is none.
 */
export function findEncoder(name: string): Encoder {
  const found = encoders.find((encoder) => encoder.name === name);
  if (found) return found;
  const near = nearestNames(name, encoderNames);
  throw new UsageError({
    expected: `one of ${encoderNames.join(", ")}`,
    found: `no encoder is named ${name}`,
    next: near.length ? `Did you mean ${near.join(" or ")}?` : "Run segkit encoders for the list.",
  });
}
