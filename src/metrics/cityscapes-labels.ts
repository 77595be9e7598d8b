/** @file The label table of the Cityscapes data set, https://www.cityscapes-dataset.com, and its mean instance sizes. */
import type { CityscapesLabel } from "./cityscapes.js";

const label = (id: number, name: string, category: string, hasInstances: boolean, ignoreInEval: boolean) =>
  ({ id, name, category, hasInstances, ignoreInEval }) satisfies CityscapesLabel;

/** Ids, categories, which labels have instances, and which are ignored in evaluation. Ids are the regular ones, not train ids. */
export const cityscapesLabels: readonly CityscapesLabel[] = [
  label(0, "unlabeled", "void", false, true),
  label(1, "ego vehicle", "void", false, true),
  label(2, "rectification border", "void", false, true),
  label(3, "out of roi", "void", false, true),
  label(4, "static", "void", false, true),
  label(5, "dynamic", "void", false, true),
  label(6, "ground", "void", false, true),
  label(7, "road", "flat", false, false),
  label(8, "sidewalk", "flat", false, false),
  label(9, "parking", "flat", false, true),
  label(10, "rail track", "flat", false, true),
  label(11, "building", "construction", false, false),
  label(12, "wall", "construction", false, false),
  label(13, "fence", "construction", false, false),
  label(14, "guard rail", "construction", false, true),
  label(15, "bridge", "construction", false, true),
  label(16, "tunnel", "construction", false, true),
  label(17, "pole", "object", false, false),
  label(18, "polegroup", "object", false, true),
  label(19, "traffic light", "object", false, false),
  label(20, "traffic sign", "object", false, false),
  label(21, "vegetation", "nature", false, false),
  label(22, "terrain", "nature", false, false),
  label(23, "sky", "sky", false, false),
  label(24, "person", "human", true, false),
  label(25, "rider", "human", true, false),
  label(26, "car", "vehicle", true, false),
  label(27, "truck", "vehicle", true, false),
  label(28, "bus", "vehicle", true, false),
  label(29, "caravan", "vehicle", true, true),
  label(30, "trailer", "vehicle", true, true),
  label(31, "train", "vehicle", true, false),
  label(32, "motorcycle", "vehicle", true, false),
  label(33, "bicycle", "vehicle", true, false),
];

/** Mean instance size in pixels over the training set, by label name; the benchmark's weights for iIoU. */
export const cityscapesInstanceSizes: Readonly<Record<string, number>> = {
  bicycle: 4672.3249222261,
  bus: 35732.1511111111,
  car: 12794.0202738185,
  caravan: 36771.8241758242,
  motorcycle: 6298.7200839748,
  person: 3462.4756337644,
  rider: 3930.4788056518,
  trailer: 16926.9763313609,
  train: 67583.7075812274,
  truck: 27855.1264367816,
};
