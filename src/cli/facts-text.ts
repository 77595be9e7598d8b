/** @file Facts of networks as cells of tables. */
import type { LayerFacts, NetworkFacts } from "../models/describe.js";
import { table } from "./table.js";

/** A count in millions, e.g. `24.4 M`. */
export const millions = (count: number): string => `${(count / 1e6).toFixed(count < 1e7 ? 2 : 1)} M`;

/** A receptive field, e.g. `212` or `851 + all`. */
export const fieldText = ({ receptiveField, global }: Pick<NetworkFacts, "receptiveField" | "global">): string =>
  `${receptiveField}${global ? " + all" : ""}`;

/** Projects of fixture files such as `smp/unet_resnet34`, each once. */
export const projectsOf = (files: readonly string[] = []): string =>
  [...new Set(files.map((file) => file.split("/")[0]!))].join(" ") || "-";

const by = (pair: readonly number[] | undefined): string => pair?.join("x") ?? "";

/** Layers with their windows: `k' = k + (k-1)(d-1)`, the stride so far, and the pixels that an output sees. */
export function layerTable(layers: readonly LayerFacts[]): string {
  const rows = layers.map((layer) => [
    layer.name,
    layer.op,
    layer.shape.join("x"),
    by(layer.kernel),
    by(layer.stride),
    by(layer.dilation),
    by(layer.effectiveKernel),
    String(layer.outputStride),
    `${by(layer.receptiveField)}${layer.global ? " + all" : ""}`,
    layer.parameters > 0 ? String(layer.parameters) : "",
  ]);
  const headings = ["layer", "operator", "output", "k", "s", "d", "k'", "stride", "sees", "parameters"];
  return table(headings, rows, { right: [7, 9] });
}
