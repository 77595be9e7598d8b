/** @file The bundle of a run's folds: each compared with its run, and the joined one with the mean of all. */
import { loadSample } from "../data/load.js";
import type { Sample } from "../data/sample.js";
import { ExportError } from "../errors/index.js";
import { maskOfProbabilities } from "../predict/argmax.js";
import { type BundleInfo, readBundle } from "../predict/bundle.js";
import { joinBundles } from "../predict/ensemble.js";
import { type GateEvent, type GateReport, leastAgreement } from "../predict/export-gate.js";
import { foldRunsOf, provenanceOfFolds } from "../predict/open-model.js";
import { Predictor, type PredictorOptions } from "../predict/predictor.js";
import type { CalibratingEvent } from "./calibrate-run.js";
import { type CheckedRun, type CheckOptions, checkRun } from "./check-run.js";

/** Share of the pixels on which the joined model has the class of the mean of its models, all images together. */
async function agreementOf(
  joined: Uint8Array,
  bundles: readonly Uint8Array[],
  samples: readonly Sample[],
  where: PredictorOptions,
): Promise<number> {
  const predictors: Predictor[] = [];
  try {
    // Joined with nothing, so that each temperature is where it is in the joined model.
    const alone = bundles.map((bundle) => joinBundles([{ name: "fold", bundle }]));
    for (const bundle of [joined, ...alone]) predictors.push(await Predictor.load(bundle, where));
    const [ensemble, ...members] = predictors as [Predictor, ...Predictor[]];
    let [equal, total] = [0, 0];
    for (const sample of samples) {
      const { image } = await loadSample(sample);
      const { mask } = await ensemble.predict(image);
      const sum = (await members[0]!.predict(image)).probabilities;
      for (const member of members.slice(1)) {
        const { data } = (await member.predict(image)).probabilities;
        for (let i = 0; i < data.length; i++) sum.data[i] = sum.data[i]! + data[i]!;
      }
      const mean = maskOfProbabilities(sum);
      for (let i = 0; i < mask.data.length; i++) if (mask.data[i] === mean.data[i]) equal++;
      total += mask.data.length;
    }
    return equal / total;
  } finally {
    for (const predictor of predictors) await predictor.close();
  }
}

/** What holds for all: all images, the least agreement of any. */
function gateOf(gates: readonly GateReport[], agreement: number): GateReport {
  const least = (values: readonly number[]): number => Math.min(...values);
  return {
    images: gates.reduce((sum, { images }) => sum + images, 0),
    agreement: least([agreement, ...gates.map((gate) => gate.agreement)]),
    otherSizes: gates[0]!.otherSizes.map((size, i) => ({
      ...size,
      agreement: least(gates.map(({ otherSizes }) => otherSizes[i]!.agreement)),
    })),
  };
}

/**
 * The bundle that averages all folds of a run.
 *
 * @throws ExportError when masks differ; CheckpointError when not all folds are trained; DataError, FileError, RuntimeError.
 */
export async function* checkFolds(
  folder: string,
  options: CheckOptions,
): AsyncGenerator<
  CalibratingEvent | GateEvent,
  { readonly bundle: Uint8Array; readonly gate: GateReport; readonly info: BundleInfo },
  void
> {
  const checked: CheckedRun[] = [];
  const runs = foldRunsOf(folder);
  for (const run of runs) checked.push(yield* checkRun(run, options));
  const members = checked.map(({ bundle }, i) => ({ name: runs[i]!, bundle }));
  const bundle = joinBundles(members, { provenance: provenanceOfFolds(folder, checked[0]!.run.plan) });
  const bundles = checked.map((one) => one.bundle);
  const agreement = await agreementOf(bundle, bundles, checked[0]!.samples, options.where);
  if (!(agreement >= leastAgreement))
    throw new ExportError({
      expected: `masks equal to the mean of the folds on at least ${100 * leastAgreement} % of pixels`,
      found: `only ${(100 * agreement).toFixed(2)} % have the same class`,
      next: "Nothing was written. Please report this network with its options.",
    });
  return {
    bundle,
    gate: gateOf(
      checked.map(({ gate }) => gate),
      agreement,
    ),
    info: readBundle(bundle).info,
  };
}
