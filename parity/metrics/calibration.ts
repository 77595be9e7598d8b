/** @file Parity of metrics/calibration: calibration errors before and after the temperature that fits best. */
import { calibrationOf, fitTemperature, type SampleCalibration } from "../../src/metrics/index.js";
import { type Check, checkCase, type FixtureNumber, type ParityCase, type Tolerance } from "../case.js";
import { exactTolerance, noteUncompared, uniform } from "./read.js";

interface StoredScores {
  nll: FixtureNumber;
  accuracy: FixtureNumber;
  mean_confidence: FixtureNumber;
  brier: FixtureNumber;
  ece: FixtureNumber;
  mce: FixtureNumber;
  ece_equal_mass: FixtureNumber;
  classwise_ece: FixtureNumber;
  /** Count, mean confidence, accuracy. */
  bins: [number, FixtureNumber, FixtureNumber][];
}

interface CalibrationCase {
  name: string;
  samples: number;
  classes: number;
  bins: number;
  logits: { seed: string; is: string; first4: number[] };
  labels: number[];
  ignore: number | null;
  before: StoredScores;
  temperature: number;
  after: StoredScores;
}

const caseKeys = "name samples classes bins logits labels ignore before temperature after reference_lbfgs_temperature";
const scoreKeys = "nll accuracy mean_confidence brier ece mce ece_equal_mass classwise_ece bins";

/** The scores are stored with 9 significant digits, the temperature with 12. */
const nineDigits: Tolerance = { rtol: 5e-9, atol: 1e-12 };

/** Logits [samples, classes] as the fixture makes them: `float32(a*(2u-1))`. */
function logitsOf({ samples, classes, logits }: CalibrationCase): Float32Array {
  const factor = /^float32\(([\d.]+)\*\(2u-1\)\)/.exec(logits.is)?.[1];
  if (factor === undefined) throw new Error(`logits of another form: ${logits.is}`);
  return Float32Array.from({ length: samples * classes }, (_, i) => Number(factor) * (2 * uniform(logits.seed, i) - 1));
}

function checkScores(check: Check, when: string, scores: SampleCalibration, stored: StoredScores): void {
  const number = (key: keyof StoredScores, value: number): void =>
    check.number(`${when}.${key}`, value, stored[key] as FixtureNumber);
  number("nll", scores.nll);
  number("accuracy", scores.accuracy);
  number("mean_confidence", scores.meanConfidence);
  number("brier", scores.brier);
  number("ece", scores.ece);
  number("mce", scores.mce);
  number("ece_equal_mass", scores.eceEqualMass);
  number("classwise_ece", scores.classwiseEce);
  check.equal(
    `${when}.bins counts`,
    scores.bins.map(({ count }) => count),
    stored.bins.map(([count]) => count),
  );
  for (const [i, [, confidence, accuracy]] of stored.bins.entries()) {
    check.number(`${when}.bins[${i}] confidence`, scores.bins[i]!.confidence, confidence);
    check.number(`${when}.bins[${i}] accuracy`, scores.bins[i]!.accuracy, accuracy);
  }
  noteUncompared(check, stored, scoreKeys.split(" "));
}

function* calibration(json: unknown): Iterable<ParityCase> {
  for (const stored of (json as { cases: CalibrationCase[] }).cases) {
    const { name, classes: numClasses, labels, bins } = stored;
    const ignoreIndex = stored.ignore ?? undefined;
    const sample = { logits: logitsOf(stored), labels, numClasses };
    yield checkCase(`${name}, temperature`, exactTolerance, (check) =>
      check.number("temperature", fitTemperature(sample, ignoreIndex), stored.temperature),
    );
    yield checkCase(name, nineDigits, (check) => {
      check.numbers("logits", sample.logits.subarray(0, stored.logits.first4.length), stored.logits.first4);
      const options = { bins, ...(ignoreIndex === undefined ? {} : { ignoreIndex }) };
      checkScores(check, "before", calibrationOf(sample, options), stored.before);
      checkScores(check, "after", calibrationOf(sample, { ...options, temperature: stored.temperature }), stored.after);
      noteUncompared(check, stored, caseKeys.split(" "));
    });
  }
}

export const calibrationFixtures = { "metrics/calibration": calibration };
