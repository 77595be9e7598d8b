/** @file The table of metric fixtures: the `file` field of a fixture to the function that recomputes its numbers. */
import type { ParityCase } from "./case.js";
import { boundaryFixtures } from "./metrics/boundary.js";
import { calibrationFixtures } from "./metrics/calibration.js";
import { cityscapesFixtures } from "./metrics/cityscapes.js";
import { confusionFixtures } from "./metrics/confusion.js";
import { statFixtures } from "./metrics/stats.js";

/**
 * Recomputes a fixture, case by case.
 *
 * @param json the parsed fixture.
 * @param sibling reads and parses another file of the fixture's folder; metrics/davis takes its masks from boundary_iou.json.
 */
export type MetricFixture = (json: unknown, sibling: (file: string) => unknown) => Iterable<ParityCase>;

export const metricFixtures: { readonly [file: string]: MetricFixture } = {
  ...confusionFixtures,
  ...cityscapesFixtures,
  ...boundaryFixtures,
  ...statFixtures,
  ...calibrationFixtures,
};
