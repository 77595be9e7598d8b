/** @file The report page: what it shows, that names cannot break it, and that it loads nothing. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../errors/index.js";
import { type ReportClass, type ReportData, renderReport, writeReport } from "./report.js";

const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2, 3);
const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);

const classOf = (name: string, scores: Partial<ReportClass> = {}): ReportClass => ({
  name,
  colour: [10, 20, 30],
  iou: 0.5,
  precision: 0.75,
  recall: 0.625,
  pixels: 100,
  ...scores,
});

const data: ReportData = {
  title: "street",
  subtitle: "unet on camvid",
  facts: [{ label: "mIoU", value: "0.632", note: "best of 40" }],
  charts: [
    {
      title: "Loss",
      xLabel: "step",
      lines: [
        {
          name: "train",
          points: [
            [0, 2],
            [10, 1],
            [20, 0.5],
          ],
        },
        { name: "val", points: [[20, 0.75]] },
      ],
      mark: { x: 20, label: "best" },
    },
  ],
  classes: [
    classOf("road"),
    classOf("car", { iou: 0, precision: 0, recall: null, pixels: 0 }),
    classOf("tram", { iou: null, precision: null, recall: null, pixels: 0 }),
  ],
  confusion: [
    [60, 30, 10],
    [0, 0, 0],
    [0, 0, 0],
  ],
  worst: [{ name: "w.png", iou: 0.125, image: jpeg, truth: png, prediction: png }],
  best: [{ name: "b.png", iou: null, image: png, truth: png, prediction: png }],
  choices: [{ name: "batch", value: "4", reason: "fits into memory" }],
};

/** The text between tags, without the style sheet. */
const words = (page: string): string =>
  page
    .replace(/<style>.*?<\/style>/s, "")
    .replace(/<title>.*?<\/title>/gs, "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");

/** Elements that are opened and not closed in order, or closed and not opened. */
function unbalanced(page: string): string[] {
  const open: string[] = [];
  const faults: string[] = [];
  for (const [, close, name, self] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)(?:"[^"]*"|[^>"])*?(\/?)>/g)) {
    if (self || ["meta", "link", "img"].includes(name!)) continue;
    if (!close) open.push(name!);
    else if (open.pop() !== name) faults.push(name!);
  }
  return [...faults, ...open];
}

describe("report", () => {
  it("shows facts, classes, confusions, pictures and the plan", () => {
    const text = words(renderReport(data));
    for (const shown of [
      "street unet on camvid",
      "mIoU 0.632 best of 40",
      "road 50.0 75.0 62.5 100 100.0",
      "car not in the truth 0.0 0.0 – 0 0.0",
      "tram absent – – – 0 0.0",
      "road taken for car 30.0 % of road, 30 pixels",
      "w.png IoU 12.5 % image truth prediction",
      "b.png IoU – %",
      "batch 4 fits into memory",
    ])
      expect(text).toContain(shown);
  });

  it("is well-formed", () => {
    expect(unbalanced(renderReport(data))).toEqual([]);
    expect(unbalanced("<p><b></p>")).toEqual(["p", "p"]);
  });

  it("loads nothing: no scripts, no addresses, pictures inside the page", () => {
    const page = renderReport(data);
    expect(page).not.toMatch(/https?:|<script|@import|url\(/i);
    const sources = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, source]) => source!);
    expect(sources.filter((source) => !/^(data:|#)/.test(source))).toEqual([]);
    expect(sources).toContain(`data:image/jpeg;base64,${Buffer.from(jpeg).toString("base64")}`);
    expect(sources).toContain(`data:image/png;base64,${Buffer.from(png).toString("base64")}`);
  });

  it("takes names for texts, whatever is in them", () => {
    const evil = `"><script>alert('x')</script>`;
    const picture = { ...data.worst[0]!, name: evil };
    const page = renderReport({
      title: evil,
      subtitle: evil,
      facts: [{ label: evil, value: evil, note: evil }],
      charts: [{ title: evil, xLabel: evil, lines: [{ name: evil, points: [[1, 1]] }], mark: { x: 1, label: evil } }],
      classes: [classOf(evil), classOf("b")],
      confusion: [
        [1, 2],
        [3, 4],
      ],
      worst: [picture],
      best: [picture],
      choices: [{ name: evil, value: evil, reason: evil }],
    });
    expect(page).not.toContain("<script");
    expect(unbalanced(page)).toEqual([]);
    expect(page.split("&lt;script&gt;").length).toBeGreaterThan(15);
  });

  it("leaves out sections without data, and their links", () => {
    const page = renderReport({ ...data, charts: [], classes: [], confusion: [], worst: [], best: [], choices: [] });
    expect(page).not.toContain("<section");
    expect(page).not.toContain('href="#');
  });

  it("refuses a picture of another format", () => {
    const picture = { ...data.worst[0]!, image: Uint8Array.of(1, 2, 3) };
    expect(() => renderReport({ ...data, worst: [picture] })).toThrow(UsageError);
  });

  it("is written as a file", () => {
    const folder = mkdtempSync(join(tmpdir(), "segkit-report-"));
    writeReport(join(folder, "report.html"), data);
    expect(readFileSync(join(folder, "report.html"), "utf8")).toBe(renderReport(data));
    rmSync(folder, { recursive: true });
  });
});

describe("report chart", () => {
  const chart = (points: [number, number | null][], scale: "linear" | "log" = "linear"): string =>
    renderReport({ ...data, charts: [{ title: "Loss", xLabel: "step", scale, lines: [{ name: "train", points }] }] });

  it("draws a curve from the frame's left to its right, high values above low ones", () => {
    // The frame spans 52..466 by 12..212 in the SVG's units; 0..2 and 0..20 are its ranges.
    expect(renderReport(data)).toContain('<polyline class="s0" points="52.0,12.0 259.0,112.0 466.0,162.0"/>');
  });

  it("shows values when pointed at, and describes itself in words", () => {
    expect(renderReport(data)).toContain("<title>step 20\ntrain 0.5\nval 0.75</title>");
    expect(renderReport(data)).toContain('aria-label="Loss: train from 2 to 0.5, val from 0.75 to 0.75"');
  });

  it("breaks a curve at values that are no numbers and draws single points as dots", () => {
    const page = chart([
      [1, 1],
      [2, 2],
      [3, null],
      [4, Number.NaN],
      [5, 3],
    ]);
    expect(page.match(/<polyline/g)).toHaveLength(1);
    expect(page.match(/<circle class="dot s0" r="2.5"/g)).toHaveLength(1);
  });

  it("draws thousands of points as a mean within its range", () => {
    const points = Array.from({ length: 5000 }, (_, i): [number, number] => [i, i % 2]);
    const page = chart(points);
    expect(page).toContain('<polygon class="spread s0"');
    expect(page.match(/<polyline class="s0" points="([^"]*)"/)![1]!.split(" ").length).toBeLessThanOrEqual(120);
    expect(page.match(/<g class="at">/g)!.length).toBeLessThanOrEqual(100);
  });

  it("leaves values of 0 out of a logarithmic one", () => {
    const page = chart(
      [
        [1, 1],
        [2, 0],
        [3, 0.1],
        [4, 0.01],
      ],
      "log",
    );
    expect(page).toContain('<text class="y" x="45" y="212.0">0.01</text>');
    expect(page).not.toContain("NaN");
  });

  it("says so when there are no values yet", () => {
    expect(chart([])).toContain("no values yet");
    expect(chart([[1, null]])).toContain("train has no values");
  });
});

describe("report confusion matrix", () => {
  const cells = (page: string): string[] =>
    [...page.matchAll(/<td class="(hit|miss|void)"(?: style="--heat:(\d+)%")?[^>]*>([^<]*)<\/td>/g)].map(
      ([, kind, heat, text]) => `${kind} ${heat ?? ""} ${text}`.trim(),
    );

  it("is in percent of each row, hits heated linearly and misses by the square root, rows without pixels empty", () => {
    expect(cells(renderReport(data))).toEqual([
      "hit 60 60",
      "miss 55 30",
      "miss 32 10",
      "void",
      "void",
      "void",
      "void",
      "void",
      "void",
    ]);
  });

  it("marks shares below half a percent with a dot and leaves none at all blank", () => {
    const page = renderReport({
      ...data,
      classes: data.classes.slice(0, 2),
      confusion: [
        [997, 3],
        [0, 5],
      ],
    });
    expect(cells(page)).toEqual(["hit 100 100", "miss 5 ·", "miss 0", "hit 100 100"]);
  });

  it("has a column for predictions of no class only when there are any", () => {
    const classes = data.classes.slice(0, 2);
    const without = renderReport({
      ...data,
      classes,
      confusion: [
        [1, 1, 0],
        [1, 1, 0],
      ],
    });
    const page = renderReport({
      ...data,
      classes,
      confusion: [
        [1, 1, 2],
        [1, 1, 0],
      ],
    });
    expect(words(without)).not.toContain("no class");
    expect(cells(page)).toHaveLength(6);
    expect(words(page)).toContain("road taken for no class 50.0 % of road, 2 pixels");
  });

  it("of more than 40 classes is given as a list alone", () => {
    const classes = Array.from({ length: 41 }, (_, i) => classOf(`c${i}`));
    const confusion = classes.map((_, t) => classes.map((__, p) => (t === 40 && p === 3 ? 7 : 1)));
    const page = renderReport({ ...data, classes, confusion });
    expect(cells(page)).toEqual([]);
    expect(page.match(/<li>/g)).toHaveLength(8);
    expect(words(page)).toMatch(/confusions by pixels\s+c40\s+taken for\s+c3\s+14\.9 % of c40, 7 pixels/);
  });
});
