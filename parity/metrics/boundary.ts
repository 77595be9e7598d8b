/** @file Parity of metrics/boundary_iou, metrics/davis and metrics/bf_score. */
import { bfScore, davisScores, type LabelMap, maskBoundaryIou } from "../../src/metrics/index.js";
import { type Check, checkCase, type FixtureNumber, type ParityCase } from "../case.js";
import { bytes, exactTolerance, noteUncompared, pairMaps, type StoredPair } from "./read.js";

type Pair = StoredPair & { name: string };

function findPair(pairs: readonly Pair[], name: string): { truth: LabelMap; prediction: LabelMap } {
  const pair = pairs.find((candidate) => candidate.name === name);
  if (!pair) throw new Error(`the fixture has no pair ${name}`);
  return pairMaps(pair);
}

/** Compares a set of pixels with a stored 0/1 map, where one is stored. */
function checkPixels(check: Check, path: string, pixels: readonly number[], stored: string | null | undefined): void {
  if (!stored) return;
  const expected = [...bytes(stored)].flatMap((on, index) => (on ? [index] : []));
  check.equal(path, pixels, expected);
}

const ones = (map: Uint8Array): number[] => [...map].flatMap((on, index) => (on ? [index] : []));

interface BoundaryIouCase {
  name: string;
  pair: string;
  dilation_ratio: number;
  distance: number;
  gt_boundary_pixels: number;
  pred_boundary_pixels: number;
  gt_boundary: string | null;
  intersection: number;
  union: number;
  boundary_iou: FixtureNumber;
  mask_iou: FixtureNumber;
  min_iou: FixtureNumber;
}

const boundaryIouKeys =
  "name note pair dilation_ratio distance gt_boundary_pixels pred_boundary_pixels gt_boundary " +
  "intersection union boundary_iou mask_iou min_iou";

function* boundaryIou(json: unknown): Iterable<ParityCase> {
  const { pairs, cases } = json as { pairs: Pair[]; cases: BoundaryIouCase[] };
  for (const stored of cases)
    yield checkCase(stored.name, exactTolerance, (check) => {
      const { truth, prediction } = findPair(pairs, stored.pair);
      const scores = maskBoundaryIou(truth, prediction, { dilationRatio: stored.dilation_ratio });
      const truthBand = ones(scores.truthBand);
      check.equal("distance", scores.distance, stored.distance);
      check.equal("gt_boundary_pixels", truthBand.length, stored.gt_boundary_pixels);
      check.equal("pred_boundary_pixels", ones(scores.predictionBand).length, stored.pred_boundary_pixels);
      checkPixels(check, "gt_boundary", truthBand, stored.gt_boundary);
      check.equal("intersection", scores.intersection, stored.intersection);
      check.equal("union", scores.union, stored.union);
      check.number("boundary_iou", scores.boundaryIou, stored.boundary_iou);
      check.number("mask_iou", scores.maskIou, stored.mask_iou);
      check.number("min_iou", scores.minIou, stored.min_iou);
      noteUncompared(check, stored, boundaryIouKeys.split(" "));
    });
}

interface DavisCase {
  name: string;
  pair: string;
  bound_th: number;
  radius: number;
  void?: string;
  J: FixtureNumber;
  precision: FixtureNumber;
  recall: FixtureNumber;
  F: FixtureNumber;
  pred_boundary_pixels: number;
  gt_boundary_pixels: number;
  gt_boundary?: string | null;
}

const davisKeys =
  "name note pair bound_th radius void J precision recall F pred_boundary_pixels gt_boundary_pixels gt_boundary";

/** Its pairs are those of boundary_iou.json beside it, unless it has its own. */
function* davis(json: unknown, sibling: (file: string) => unknown): Iterable<ParityCase> {
  const { pairs, cases } = json as { pairs?: Pair[]; cases: DavisCase[] };
  let found = pairs;
  for (const stored of cases)
    yield checkCase(stored.name, exactTolerance, (check) => {
      found ??= (sibling("boundary_iou.json") as { pairs: Pair[] }).pairs;
      const { truth, prediction } = findPair(found, stored.pair);
      const hidden = stored.void ? { void: bytes(stored.void) } : {};
      const scores = davisScores(truth, prediction, { tolerance: stored.bound_th, ...hidden });
      check.equal("radius", scores.radius, stored.radius);
      check.number("J", scores.j, stored.J);
      check.number("precision", scores.precision, stored.precision);
      check.number("recall", scores.recall, stored.recall);
      check.number("F", scores.f, stored.F);
      check.equal("pred_boundary_pixels", scores.predictionBoundary.length, stored.pred_boundary_pixels);
      check.equal("gt_boundary_pixels", scores.truthBoundary.length, stored.gt_boundary_pixels);
      checkPixels(check, "gt_boundary", scores.truthBoundary, stored.gt_boundary);
      noteUncompared(check, stored, davisKeys.split(" "));
    });
}

interface BfCase extends StoredPair {
  name: string;
  classes: number;
  bound_th: number;
  radius: number;
  classes_bf: ({ precision: FixtureNumber; recall: FixtureNumber; bf: FixtureNumber } | null)[];
  mean_bf_present_in_gt: FixtureNumber;
  mean_bf_present_in_either: FixtureNumber;
}

const bfKeys =
  "name note height width classes gt pred bound_th radius classes_bf mean_bf_present_in_gt mean_bf_present_in_either";

function* bf(json: unknown): Iterable<ParityCase> {
  for (const stored of (json as { cases: BfCase[] }).cases)
    yield checkCase(stored.name, exactTolerance, (check) => {
      const { truth, prediction } = pairMaps(stored);
      const options = { numClasses: stored.classes, tolerance: stored.bound_th };
      const scores = bfScore(truth, prediction, { ...options, absent: "present-in-truth" });
      check.equal("radius", scores.radius, stored.radius);
      check.equal("classes_bf length", scores.classes.length, stored.classes_bf.length);
      for (const [index, expected] of stored.classes_bf.entries()) {
        const path = `classes_bf[${index}]`;
        const match = scores.classes[index];
        check.equal(`${path} is null`, match === null, expected === null);
        if (!match || !expected) continue;
        check.number(`${path}.precision`, match.precision, expected.precision);
        check.number(`${path}.recall`, match.recall, expected.recall);
        check.number(`${path}.bf`, match.f, expected.bf);
      }
      check.number("mean_bf_present_in_gt", scores.meanF, stored.mean_bf_present_in_gt);
      const either = bfScore(truth, prediction, { ...options, absent: "skip" });
      check.number("mean_bf_present_in_either", either.meanF, stored.mean_bf_present_in_either);
      noteUncompared(check, stored, bfKeys.split(" "));
    });
}

export const boundaryFixtures = {
  "metrics/boundary_iou": boundaryIou,
  "metrics/davis": davis,
  "metrics/bf_score": bf,
};
