/** @file What a run's report shows of its rounds: scores, and how many pseudo-labels there were and how right. */
import type { ReportChart, ReportLine } from "../../train/record/report.js";
import { hasState, type LabelRecord, type RoundRecord, readState } from "../../train/semi-state.js";

const line = (
  name: string,
  rounds: readonly RoundRecord[],
  value: (round: RoundRecord) => number | null | undefined,
): ReportLine => ({ name, points: rounds.map((round) => [round.round, value(round) ?? null]) });

const labelLine = (name: string, rounds: readonly RoundRecord[], value: (labels: LabelRecord) => number | null) =>
  line(name, rounds, ({ labels }) => labels && value(labels));

/** Charts of a folder with rounds; none of any other. */
export function roundCharts(runDir: string): ReportChart[] {
  if (!hasState(runDir)) return [];
  const { rounds, result } = readState(runDir);
  const names = rounds.find(({ labels }) => labels)?.labels?.classes.map(({ name }) => name) ?? [];
  const ofClass = (value: (of: LabelRecord["classes"][number]) => number | null): ReportLine[] =>
    names.map((name, i) => labelLine(name, rounds, ({ classes }) => value(classes[i]!)));
  const charts: ReportChart[] = [
    {
      title: "Best validation mIoU of each round",
      xLabel: "round",
      lines: [line("mIoU", rounds, ({ score }) => score)],
      ...(result === null ? {} : { mark: { x: result, label: "result" } }),
    },
    {
      title: "Pseudo-labels made by each round",
      xLabel: "round",
      lines: [
        labelLine("share of the pixels", rounds, ({ share }) => share),
        labelLine("right, where it is known", rounds, ({ accuracy }) => accuracy),
      ],
    },
    { title: "Confidence by class", xLabel: "round", lines: ofClass(({ confidence }) => confidence) },
    { title: "Right pseudo-labels by class", xLabel: "round", lines: ofClass(({ accuracy }) => accuracy) },
  ];
  return charts.filter(({ lines }) => lines.some(({ points }) => points.some(([, y]) => y !== null)));
}
