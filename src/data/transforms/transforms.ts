/** @file The table of all transforms: a name in `plan.json` means the kind listed here. */
import { UsageError } from "../../errors/index.js";
import { nearestNames } from "../../util/nearest.js";
import { affineKind, rotateKind } from "./affine.js";
import { blurKind } from "./blur.js";
import { colorJitterKind } from "./color-jitter.js";
import { elasticKind } from "./elastic.js";
import { horizontalFlipKind, verticalFlipKind } from "./flip.js";
import { grayscaleKind } from "./grayscale.js";
import { noiseKind } from "./noise.js";
import { normalizeKind } from "./normalize.js";
import { randomCropKind } from "./random-crop.js";
import { randomScaleKind } from "./random-scale.js";
import { resizeKind } from "./resize.js";
import type { Step, Transform, TransformKind } from "./transform.js";

/** Every kind of transform, by name. */
export const transformKinds: ReadonlyMap<string, TransformKind> = new Map(
  [
    resizeKind,
    randomScaleKind,
    randomCropKind,
    horizontalFlipKind,
    verticalFlipKind,
    rotateKind,
    affineKind,
    elasticKind,
    colorJitterKind,
    grayscaleKind,
    noiseKind,
    blurKind,
    normalizeKind,
  ].map((kind) => [kind.name, kind]),
);

function kindOf(transform: unknown): TransformKind {
  const name = (transform as { name?: unknown } | null)?.name;
  const kind = typeof name === "string" ? transformKinds.get(name) : undefined;
  if (kind) return kind;
  const near = typeof name === "string" ? nearestNames(name, [...transformKinds.keys()]) : [];
  throw new UsageError({
    found: typeof name === "string" ? `no transform is called "${name}"` : "a transform without a name",
    expected: `one of ${[...transformKinds.keys()].join(", ")}`,
    ...(near.length > 0 ? { next: `Did you mean ${near.join(" or ")}?` } : {}),
  });
}

/**
 * Checks transforms that came from a file and fills in defaults.
 *
 * @throws UsageError for unknown names, unknown options and values out of range.
 */
export function parseTransforms(given: unknown): Transform[] {
  if (!Array.isArray(given))
    throw new UsageError({ found: "transforms that are no list", expected: "a list of { name, ...options }" });
  return given.map((transform) => kindOf(transform).check(transform));
}

/** The step that applies a transform. */
export function bindTransform(transform: Transform): Step {
  return kindOf(transform).bind(transform);
}
