/** @file A run as one row of named fields: what stands in lists, is sorted and filtered by, and goes into CSV. */
import { UsageError } from "../errors/index.js";
import { nearestNames } from "../util/nearest.js";
import { type Fields, type FieldValue, planFields } from "./plan-fields.js";
import { statusOf } from "./run-file.js";
import { dataName, isPartial, type RunRecord, type SplitScores } from "./run-record.js";
import { totalsOf } from "./score-file.js";

/** Fields that every run may have, whatever its plan: names that are always known. */
export const commonFields = [
  "name",
  "status",
  "model",
  "data",
  "steps",
  "epochs",
  "minutes",
  "val",
  "valStep",
  "test",
  "round",
  "folds",
  "started",
  "segkit",
  "commit",
  "machine",
  "dataHash",
] as const;

/** A run with its fields. */
export interface RunRow {
  readonly run: RunRecord;
  readonly fields: Fields;
}

/** Scores of weights that the run has left behind would be compared with its present curves: they count no more. */
export const isOutdated = ({ best, step }: RunRecord, scores: SplitScores): boolean =>
  scores.step !== (best?.step ?? step);

/** What the scores of a split are called: `test`, or `camvid/test` for another data set than the run's own. */
export const scoreName = ({ data, split }: Pick<SplitScores, "data" | "split">): string =>
  data === "" ? split : `${data}/${split}`;

/** All choices of a run: those of its plan, and the method of which its training was a round. */
export function choicesOf({ plan, rounds }: Pick<RunRecord, "plan" | "rounds">): Fields {
  if (!rounds) return planFields(plan);
  // As the plan says it of a method that is one training.
  return planFields({ ...plan, method: { value: { name: rounds.method, options: rounds.options }, reason: "" } });
}

/** How the scores of folds.json are called. */
const foldScores = [
  ["meanIou", "mIoU"],
  ["pixelAccuracy", "PA"],
  ["meanPixelAccuracy", "MPA"],
  ["frequencyWeightedIou", "FWIoU"],
  ["meanDice", "Dice"],
] as const;

/** A score as a field; none where it is not defined. */
function put(fields: Map<string, FieldValue>, name: string, value: FieldValue | null | undefined): void {
  if (value !== null && value !== undefined && !Number.isNaN(value)) fields.set(name, value);
}

/**
 * All fields of a run: those of `commonFields`, its choices, `SPLIT.mIoU`, `SPLIT.PA` and `SPLIT.IoU.CLASS` for each split that
 * was evaluated, and of folds `folds.mean.mIoU`, `folds.spread.mIoU`, `folds.pooled.mIoU` and so on.
 */
export function runFields(run: RunRecord): Fields {
  const { name, plan, sessions, hasReport, step, epoch, seconds, best, scores, rounds, folds } = run;
  const session = sessions.at(-1);
  const choices = choicesOf(run);
  const fields = new Map<string, FieldValue>();
  put(fields, "name", name);
  put(fields, "status", statusOf(sessions, hasReport, isPartial(run)));
  put(fields, "model", choices.get("model"));
  put(fields, "data", dataName(plan));
  put(fields, "steps", step);
  put(fields, "epochs", epoch);
  put(fields, "minutes", seconds / 60);
  put(fields, "val", best?.score);
  // Each fold has a step of its own.
  if (!folds) put(fields, "valStep", best?.step);
  put(fields, "round", rounds?.result);
  put(fields, "folds", folds?.count);
  for (const [kind, all] of Object.entries(folds?.summary ?? {}))
    for (const [key, label] of foldScores) put(fields, `folds.${kind}.${label}`, all[key]);
  put(fields, "started", sessions[0]?.started);
  put(fields, "segkit", session?.segkit);
  put(fields, "commit", session?.commit ? `${session.commit.hash}${session.commit.changed ? "+" : ""}` : undefined);
  put(fields, "machine", session && `${session.machine.cpu}, ${session.machine.cores} cores`);
  put(fields, "dataHash", session?.data.hash);
  for (const one of scores) {
    if (isOutdated(run, one)) continue;
    const { meanIou, pixelAccuracy, classes } = totalsOf(one.classes, one.settings.absent);
    const label = scoreName(one);
    if (label === "test") put(fields, "test", meanIou);
    put(fields, `${label}.mIoU`, meanIou);
    put(fields, `${label}.PA`, pixelAccuracy);
    for (const { name: className, intersection, union } of classes)
      put(fields, `${label}.IoU.${className}`, intersection / union);
  }
  for (const [choice, value] of choices) if (!fields.has(choice)) fields.set(choice, value);
  return fields;
}

/** Which names fields may have in these runs. */
const knownFields = (rows: readonly RunRow[]): string[] => [
  ...new Set([...commonFields, ...rows.flatMap(({ fields }) => [...fields.keys()])]),
];

/**
 * The field that a name means: its full name, or an end of it that no other field shares (`encoder` for
 * `modelOptions.encoder`).
 *
 * @throws UsageError with the nearest names.
 */
export function requireField(name: string, rows: readonly RunRow[]): string {
  const known = knownFields(rows);
  if (known.includes(name)) return name;
  const ending = known.filter((field) => field.endsWith(`.${name}`));
  if (ending.length === 1) return ending[0]!;
  const near = ending.length > 1 ? ending.slice(0, 4) : nearestNames(name, known);
  throw new UsageError({
    expected: "a field of the runs",
    found: ending.length > 1 ? `${name} is the end of ${ending.length} fields` : `field ${name}`,
    next: near.length > 0 ? `Did you mean ${near.join(" or ")}?` : `Among others there are ${commonFields.join(", ")}.`,
  });
}

const comparisons: { readonly [sign: string]: (order: number) => boolean } = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

/** True where a value is the text: as a number where both are, else as text, in which `*` stands for anything. */
function isEqual(value: FieldValue, text: string): boolean {
  if (typeof value === "number" && text.trim() !== "" && Number(text) === value) return true;
  const pattern = text.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*");
  return new RegExp(`^${pattern}$`, "is").test(String(value));
}

/**
 * The runs that pass all filters: `field=value`, `field!=value`, `field<number`, `<=`, `>`, `>=`. A run without the field passes
 * none but `!=`.
 *
 * @throws UsageError for a filter of another form, an unknown field, or a comparison with what is no number.
 */
export function filterRuns(rows: readonly RunRow[], filters: readonly string[]): RunRow[] {
  const tests = filters.map((filter) => {
    const [, name, sign, text] = /^([^=<>!]+)(!=|<=|>=|=|<|>)(.*)$/s.exec(filter) ?? [];
    if (name === undefined || text === undefined)
      throw new UsageError({
        expected: "FIELD=VALUE, FIELD!=VALUE, FIELD<NUMBER or FIELD>NUMBER",
        found: `filter ${filter}`,
        next: "Quote it, as the shell reads < and > itself: --filter 'val>0.5'.",
      });
    const field = requireField(name.trim(), rows);
    if (sign === "=" || sign === "!=")
      return ({ fields }: RunRow): boolean => {
        const value = fields.get(field);
        return (value !== undefined && isEqual(value, text.trim())) === (sign === "=");
      };
    const compare = comparisons[sign!]!;
    // Times in ISO 8601 are ordered as texts are.
    const isTime = field === "started";
    if (!isTime && (text.trim() === "" || Number.isNaN(Number(text))))
      throw new UsageError({ expected: "a number to compare with", found: `filter ${filter}` });
    return ({ fields }: RunRow): boolean => {
      const value = fields.get(field);
      if (isTime) return typeof value === "string" && compare(value < text.trim() ? -1 : Number(value > text.trim()));
      return typeof value === "number" && compare(value - Number(text));
    };
  });
  return rows.filter((row) => tests.every((test) => test(row)));
}

/** Fields of which more is better: they are sorted from high to low. */
const isScore = (field: string): boolean => /^(val|test)$|(^|\.)(mIoU|PA)$|\.IoU\./.test(field);

/**
 * Runs by a field, scores from the best, everything else from the lowest; runs without it come last.
 *
 * @throws UsageError for an unknown field.
 */
export function sortRuns(
  rows: readonly RunRow[],
  name: string,
  { reverse = false }: { readonly reverse?: boolean } = {},
): RunRow[] {
  const field = requireField(name, rows);
  const sign = isScore(field) === reverse ? 1 : -1;
  const order = (a: FieldValue, b: FieldValue): number =>
    typeof a === "number" && typeof b === "number"
      ? a - b
      : String(a).localeCompare(String(b), "en", { numeric: true });
  return [...rows].sort((p, q) => {
    const [a, b] = [p.fields.get(field), q.fields.get(field)];
    if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
    return sign * order(a, b) || p.run.name.localeCompare(q.run.name, "en", { numeric: true });
  });
}
