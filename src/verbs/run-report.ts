/** @file What report.html says of a run beside its evaluation: headline numbers, curves from metrics.jsonl, the plan with its reasons. */
import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { Graph } from "../graph/index.js";
import type { ScoreTable } from "../metrics/index.js";
import { NetworkState, Scope } from "../nn/scope.js";
import type { RunModel } from "../predict/run-model.js";
import type { Device } from "../runtime/devices.js";
import { loadCheckpoint } from "../train/checkpoint.js";
import type { Plan } from "../train/plan.js";
import { readRangeTest } from "../train/planning/range-test.js";
import { parseProgress, type RunProgress } from "../train/progress.js";
import { type MetricsRecord, readMetrics } from "../train/record/metrics-log.js";
import type { ReportChart, ReportChoice, ReportData, ReportFact, ReportLine } from "../train/record/report.js";
import { metricsFile } from "../train/recording.js";
import type { NetworkSpec } from "../train/step.js";
import { roundCharts } from "./semi/charts.js";

/** Numbers that training changes. */
function countParameters(network: NetworkSpec, [height, width]: readonly [number, number]): number {
  const graph = new Graph();
  const state = new NetworkState(graph, "eval");
  const image = graph.input("image", "float32", [1, network.channels, height, width]);
  network.architecture.build(new Scope(state), image, network.numClasses, network.options);
  const parameters = [...state.specs.values()].filter(({ kind }) => kind === "parameter");
  return parameters.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}

const percent = (share: number): string => (Number.isFinite(share) ? `${(100 * share).toFixed(2)} %` : "-");
const grouped = (count: number): string => count.toLocaleString("en-US");

/** A field of the records of a split as a curve over steps. */
export function line(name: string, records: readonly MetricsRecord[], split: string, field: string): ReportLine {
  const points = records.flatMap((record): [number, number | null][] => {
    const value = record[field];
    if (record.split !== split || value === undefined) return [];
    return [[record.step, typeof value === "number" ? value : null]];
  });
  return { name, points };
}

function chartsOf(records: readonly MetricsRecord[], best: RunProgress["best"]): ReportChart[] {
  const mark = best ? { mark: { x: best.step, label: "best" } } : {};
  const charts: ReportChart[] = [
    {
      title: "Loss",
      xLabel: "step",
      lines: [line("training", records, "train", "loss"), line("validation", records, "val", "loss")],
      ...mark,
    },
    {
      title: "Validation scores",
      xLabel: "step",
      lines: [line("mIoU", records, "val", "mIoU"), line("pixel accuracy", records, "val", "PA")],
      ...mark,
    },
    { title: "Learning rate", xLabel: "step", lines: [line("rate", records, "train", "learningRate")] },
  ];
  return charts.filter(({ lines }) => lines.some(({ points }) => points.length > 0));
}

/** The curve of the range test by which the learning rate was chosen. */
function rangeChart(runDir: string): ReportChart[] {
  const test = readRangeTest(runDir);
  if (!test) return [];
  const line = (name: string, field: "loss" | "smoothed"): ReportLine => ({
    name,
    points: test.points.map((point) => [Math.log10(point.learningRate), point[field]]),
  });
  return [
    {
      title: "Loss at growing learning rates",
      xLabel: "logarithm (base 10) of the learning rate",
      lines: [line("loss", "loss"), line("smoothed", "smoothed")],
      ...(test.learningRate === null ? {} : { mark: { x: Math.log10(test.learningRate), label: "chosen" } }),
    },
  ];
}

/** A value of the plan for people: `adamW (weightDecay 0.0001)`, `480, 360`, `none`. */
function valueText(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value))
    return value.map(valueText).join(value.some((item) => typeof item === "object") ? "; " : ", ");
  const { name, ...rest } = value as { name?: unknown; [key: string]: unknown };
  const parts = Object.entries(rest).map(([key, inner]) => {
    const text = valueText(inner);
    return `${key} ${typeof inner === "object" ? `[${text}]` : text}`;
  });
  if (typeof name !== "string") return parts.join(", ") || "none";
  return parts.length > 0 ? `${name} (${parts.join(", ")})` : name;
}

/** Every choice of the plan, in its order. */
export function choicesOf(plan: Plan): ReportChoice[] {
  return Object.entries(plan).flatMap(([name, choice]) => {
    if (typeof choice !== "object" || !("reason" in choice)) return [];
    return [{ name, value: valueText(choice.value), reason: choice.reason }];
  });
}

function factsOf(
  { plan, network }: RunModel,
  { step, seconds, best }: RunProgress,
  { table, split, device }: Evaluated,
  validations: number,
): ReportFact[] {
  return [
    ...(best
      ? [{ label: "best mIoU", value: percent(best.score), note: `step ${best.step}, of ${validations} validations` }]
      : []),
    { label: "mIoU at full size", value: percent(table.meanIou), note: `best weights, split ${split}` },
    { label: "pixel accuracy", value: percent(table.pixelAccuracy), note: `${grouped(table.counted)} pixels` },
    { label: "steps", value: grouped(step), note: `batch ${plan.batch.value} x ${plan.accumulate.value}` },
    { label: "minutes", value: (seconds / 60).toFixed(1) },
    { label: "parameters", value: grouped(countParameters(network, plan.size.value)), note: plan.model.value },
    { label: "device", value: device.provider, note: `${plan.threads.value} threads` },
  ];
}

/** What the evaluation at the end found. */
export interface Evaluated {
  readonly table: ScoreTable;
  readonly split: string;
  readonly device: Device;
}

/** All parts of the report that an evaluation does not fill. @throws CheckpointError for damaged metrics or a run without a checkpoint. */
export function runReport(
  runDir: string,
  run: RunModel,
  evaluated: Evaluated,
): Pick<ReportData, "title" | "subtitle" | "facts" | "charts" | "choices"> {
  const { plan } = run;
  const progress = parseProgress(loadCheckpoint(runDir, "last", []).state);
  const records = existsSync(metricsFile(runDir)) ? readMetrics(metricsFile(runDir)) : [];
  const validations = records.filter(({ split }) => split === "val").length;
  const images = Object.entries(plan.data.images).map(([split, count]) => `${count} ${split}`);
  return {
    title: basename(resolve(runDir)),
    subtitle: `${plan.model.value} on ${plan.data.name} (${images.join(", ")} images), ${plan.data.classes.length} classes`,
    facts: factsOf(run, progress, evaluated, validations),
    charts: [...roundCharts(runDir), ...chartsOf(records, progress.best), ...rangeChart(runDir)],
    choices: choicesOf(plan),
  };
}
